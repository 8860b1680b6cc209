import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { newDataDir } from "../db/prepared-data";

const MAIN = resolve("dist/apps/gateway/src/main.js");
/** Limits for suites that make wrong attempts by the hundred; "" for the gateway's own. */
export const SUITE_LIMITS = resolve("test/conformance/limits.yaml");
/** Long enough for a machine that does much else: only what hangs is ended. */
const START_MS = 180_000;
const STOP_MS = 20_000;

/** Lines of its output that are kept, and those of them that say why a gateway ended. */
const KEPT_LINES = 20_000;
const LAST_LINES = 40;

/**
 * A real gateway, as a process of its own with an embedded PostgreSQL in a temporary directory. It runs what was built:
 * `nest build gateway` first. The caller stops it.
 */
export class GatewayProcess {
  private readonly output: string[] = [];
  private readonly exited: Promise<void>;
  private hasExited = false;
  /** It ends by itself then, and its PostgreSQL with it. */
  private readonly endWithUs = () => this.child.kill("SIGTERM");

  private constructor(
    private readonly child: ChildProcess,
    /** Where its database, keys and process ids are. */
    readonly dataDir: string,
  ) {
    this.exited = new Promise((done) => {
      child.once("exit", () => {
        this.hasExited = true;
        done();
      });
    });
    process.once("exit", this.endWithUs);
  }

  /**
   * @param settings environment variables besides the ones that every test gateway has
   * @param earlierDataDir of a gateway that was killed, to go on with; a new directory where it isn't given
   */
  static async start(
    settings: Readonly<Record<string, string>>,
    earlierDataDir?: string,
  ): Promise<{ process: GatewayProcess; url: string }> {
    if (!existsSync(MAIN))
      throw new Error(
        `${MAIN} is missing: run \`npx nest build gateway\` first.`,
      );
    const dataDir = earlierDataDir ?? (await newDataDir("vworkspace-gateway-"));
    const child = spawn(process.execPath, ["--enable-source-maps", MAIN], {
      env: {
        PATH: process.env["PATH"],
        HOME: dataDir,
        VWORKSPACE_DATA_DIR: dataDir,
        VWORKSPACE_HTTP_ADDR: "127.0.0.1:0",
        VWORKSPACE_LIMITS_FILE: SUITE_LIMITS,
        ...settings,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const gateway = new GatewayProcess(child, dataDir);
    try {
      return { process: gateway, url: await gateway.listening() };
    } catch (error) {
      await gateway.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** What it wrote last, for a person. */
  get lastOutput(): string {
    return this.output.slice(-LAST_LINES).join("\n");
  }

  /** Everything that it wrote. */
  get wholeOutput(): string {
    return this.output.join("\n");
  }

  /** URL of the superuser of its database: for what only a test may do. */
  async databaseUrl(): Promise<string> {
    const password = await this.read("keys/postgres.password");
    const port = (await this.postmaster())[3]?.trim() ?? "";
    return `postgres://postgres:${password.trim()}@127.0.0.1:${port}/vworkspace`;
  }

  /** Process id of its database server. */
  async postgresPid(): Promise<number> {
    return Number((await this.postmaster())[0]);
  }

  /** SIGKILL. Its data stay, and so does its database server, as when a gateway crashes. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
    process.removeListener("exit", this.endWithUs);
  }

  /** SIGTERM, and SIGKILL if it does not end by itself; then its data are removed. May be called twice. */
  async stop(): Promise<void> {
    if (!this.hasExited) this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
    await this.exited;
    clearTimeout(timer);
    process.removeListener("exit", this.endWithUs);
    await this.endDatabase();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** A gateway that was killed leaves its PostgreSQL behind; its pid file says so. */
  private async endDatabase(): Promise<void> {
    const pid = await this.postgresPid().catch(() => 0);
    const command = `/proc/${pid}/cmdline`;
    const isOurs = (await readFile(command, "utf8").catch(() => "")).includes(
      this.dataDir,
    );
    if (isOurs) process.kill(pid, "SIGQUIT");
  }

  /** Lines of postmaster.pid: process id, directory, start time, port, … */
  private async postmaster(): Promise<string[]> {
    return (await this.read("postgres/postmaster.pid")).split("\n");
  }

  private read(file: string): Promise<string> {
    return readFile(join(this.dataDir, file), "utf8");
  }

  /** The URL of its line `{"event":"listening","url":…}`. */
  private async listening(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const announced = new Promise<string>((found, fail) => {
      const late = () => fail(this.failure(`did not listen in ${START_MS} ms`));
      timer = setTimeout(late, START_MS);
      this.child.once("error", fail);
      this.onLine((line) => {
        const url = listeningUrl(line);
        if (url !== undefined) found(url);
      });
    });
    const ended = this.exited.then(() => {
      throw this.failure("ended");
    });
    try {
      return await Promise.race([announced, ended]);
    } finally {
      clearTimeout(timer);
      ended.catch(() => undefined);
    }
  }

  private onLine(listener: (line: string) => void): void {
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        this.output.push(line);
        if (this.output.length > KEPT_LINES) this.output.shift();
        listener(line);
      });
    }
  }

  private failure(what: string): Error {
    return new Error(`The gateway ${what}. It wrote:\n${this.lastOutput}`);
  }
}

function listeningUrl(line: string): string | undefined {
  if (!line.includes('"listening"')) return undefined;
  try {
    const entry = JSON.parse(line) as { event?: unknown; url?: unknown };
    const isIt = entry.event === "listening" && typeof entry.url === "string";
    return isIt ? String(entry.url) : undefined;
  } catch {
    return undefined;
  }
}
