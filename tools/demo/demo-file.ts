import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DemoFailure } from "./program";

/** What scripts need to call the demo's gateway: `.data/demo.json`, mode 600. */
export interface DemoFile {
  readonly url: string;
  readonly database: string;
  readonly login: string;
  /** API key of an admin of the organization `demo`. */
  readonly key: string;
  readonly clusterId: string;
  readonly people?: People;
}

/** API keys of users with these roles and logins, who do together what one may not do alone. */
export interface People {
  readonly operator: string;
  readonly approver: string;
}

/** Makes the data directory and its folders. @throws DemoFailure in one sentence */
export async function prepareDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(join(dataDir, "keys"), { recursive: true });
    await chmod(join(dataDir, "keys"), 0o700);
    await mkdir(join(dataDir, "logs"), { recursive: true });
    await readFile(join(dataDir, "demo.json")).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      },
    );
  } catch (error) {
    throw new DemoFailure(
      `The data directory ${dataDir} cannot be used (${(error as NodeJS.ErrnoException).code ?? "error"}): mend its owner and mode, or choose another with --data-dir.`,
    );
  }
}

/** The demo of the last start, or a new one with a fresh key. */
export async function readDemoFile(
  dataDir: string,
  url: string,
  clusterId: string,
): Promise<DemoFile> {
  const file = join(dataDir, "demo.json");
  const earlier = existsSync(file) ? await readEarlier(file) : undefined;
  const key =
    earlier?.key ?? `vw_demo_${randomBytes(32).toString("base64url")}`;
  const people = earlier?.people;
  return {
    url,
    database: "demo",
    login: "admin",
    key,
    clusterId,
    ...(people && { people }),
  };
}

export async function writeDemoFile(
  dataDir: string,
  demo: DemoFile,
): Promise<void> {
  const file = join(dataDir, "demo.json");
  await writeFile(`${file}.new`, `${JSON.stringify(demo, null, 2)}\n`, {
    mode: 0o600,
  });
  await rename(`${file}.new`, file);
}

/** A cluster of the user's, as the last start named it. */
export interface RememberedCluster {
  readonly kubeconfig: string;
  readonly context?: string;
}

/** Keeps which real cluster was used, so that --remove needs no more words. */
export async function rememberCluster(
  dataDir: string,
  cluster: RememberedCluster,
): Promise<void> {
  const file = join(dataDir, "cluster.json");
  await writeFile(file, `${JSON.stringify(cluster)}\n`, { mode: 0o600 });
}

export async function rememberedCluster(
  dataDir: string,
): Promise<RememberedCluster | undefined> {
  const text = await readFile(join(dataDir, "cluster.json"), "utf8").catch(
    () => undefined,
  );
  return text === undefined
    ? undefined
    : (JSON.parse(text) as RememberedCluster);
}

/** A key for a database of one's own: where PostgreSQL isn't embedded, the gateway makes none. */
export async function ensureMasterKey(file: string): Promise<void> {
  if (!existsSync(file))
    await writeFile(file, `${randomBytes(32).toString("base64")}\n`, {
      mode: 0o600,
    });
}

async function readEarlier(file: string): Promise<Partial<DemoFile>> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Partial<DemoFile>;
  } catch {
    throw new DemoFailure(
      `${file} is no JSON: remove it, and the next start makes a new one.`,
    );
  }
}
