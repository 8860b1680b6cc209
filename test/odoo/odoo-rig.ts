import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { OdooClient, type RpcValue } from "@vworkspace/odoo-rpc";

/** Where the script that runs a real Odoo is; it is no part of this repository. */
export const RIG = resolve(
  process.env["VWORKSPACE_ODOO_RIG"] ?? "../shared/rig/odoo.sh",
);

/** Why no real Odoo can be had here, as a sentence; undefined: it can. */
export function missingRig(): string | undefined {
  if (!existsSync(RIG))
    return `there is no ${RIG}: set VWORKSPACE_ODOO_RIG to the script that runs an Odoo 19`;
  if (process.getuid?.() !== 0)
    return "the script that runs an Odoo makes a chroot, which takes root";
  return undefined;
}

export interface OdooUser {
  readonly login: string;
  readonly password: string;
}

const ADMIN: OdooUser = { login: "admin", password: "admin" };

/** A real Odoo 19 with a database of its own, in which the addon is installed. */
export class OdooRig {
  private constructor(
    private readonly folder: string,
    private readonly addons: string,
    private readonly port: number,
    readonly database: string,
  ) {}

  /** @param addons folder of the assembled addon. The first time takes some minutes: Odoo and PostgreSQL are fetched. */
  static async start(
    addons: string,
    { port, database }: { readonly port: number; readonly database: string },
  ): Promise<OdooRig> {
    const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
    const folder = join(cache, "vworkspace", "odoo-19");
    const rig = new OdooRig(folder, addons, port, database);
    await rig.run("stop");
    await rig.run("up");
    return rig;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /**
   * A client that acts as this user.
   * @param user the administrator where it isn't given
   * @param timeoutMs of each call; installing and uninstalling take longer than others
   */
  connect(user: OdooUser = ADMIN, timeoutMs = 30_000): OdooSession {
    return new OdooSession(
      OdooClient.connect({
        url: this.url,
        database: this.database,
        login: user.login,
        key: user.password,
        protocol: "xmlrpc",
        timeoutMs,
      }),
    );
  }

  /** Runs the addon's own tests on a copy of the database. @returns what Odoo said of them; whether all passed */
  async testAddon(): Promise<{ output: string; hasPassed: boolean }> {
    try {
      return { output: await this.run("test", "vworkspace"), hasPassed: true };
    } catch (error) {
      const { stdout = "", stderr = "" } = error as {
        stdout?: string;
        stderr?: string;
      };
      return { output: `${stdout}${stderr}`, hasPassed: false };
    }
  }

  /** kill -9 of Odoo, as when it crashes. Its PostgreSQL goes on. */
  kill(): void {
    const pid = readFileSync(join(this.folder, "odoo.pid"), "utf8");
    process.kill(Number(pid), "SIGKILL");
  }

  async restart(): Promise<void> {
    await this.run("up");
  }

  /** Copies a database, as a backup does; nobody may be at work in it. */
  async copyDatabase(from: string, to: string): Promise<void> {
    await this.sql("postgres", `drop database if exists "${to}" (force)`);
    const said = await this.sql(
      "postgres",
      `create database "${to}" template "${from}"`,
    );
    if (said.includes("ERROR")) throw new Error(said);
  }

  /** The same Odoo at another database, when it is started next. */
  of(database: string): OdooRig {
    return new OdooRig(this.folder, this.addons, this.port, database);
  }

  /** `-i vworkspace -u vworkspace` with Odoo stopped, which then serves again. @returns what Odoo said of it */
  upgrade(): Promise<string> {
    return this.run("install", "vworkspace");
  }

  /** What the server has logged since it was started. */
  log(): string {
    return readFileSync(join(`${this.folder}.logs`, "serve.log"), "utf8");
  }

  /** Stops Odoo and drops its databases. */
  async stop(): Promise<void> {
    const ours = ["", "_test", "_backup", "_copy"];
    for (const name of ours.map((end) => `${this.database}${end}`))
      await this.sql("postgres", `drop database if exists "${name}" (force)`);
    await this.run("stop");
  }

  /** Runs SQL as Odoo's own role, for what only a test may do. */
  sql(database: string, statement: string): Promise<string> {
    return this.pipe("sql", `${statement};\n`, database);
  }

  /**
   * Runs Python in Odoo's shell, as the system; what it did is kept where it commits.
   * @returns what it printed after `RESULT:`, which is JSON
   */
  async python(script: string): Promise<unknown> {
    const output = await this.pipe("shell", script, this.database);
    const result = /^RESULT:(.*)$/m.exec(output)?.[1];
    if (result === undefined) throw new Error(`No result:\n${output}`);
    return JSON.parse(result);
  }

  private async pipe(
    command: string,
    input: string,
    database: string,
  ): Promise<string> {
    const child = spawn("bash", this.words(command), {
      env: { ...this.environment, DB: database },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output += text.toString()));
    child.stdin.end(input);
    await new Promise((done) => child.once("close", done));
    return output;
  }

  private async run(...command: readonly string[]): Promise<string> {
    const { stdout, stderr } = await promisify(execFile)(
      "bash",
      this.words(...command),
      { env: this.environment, maxBuffer: 64 * 1024 * 1024 },
    );
    return `${stdout}${stderr}`;
  }

  private words(...command: readonly string[]): string[] {
    return [RIG, this.folder, this.addons, ...command];
  }

  private get environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      HTTP_PORT: String(this.port),
      DB: this.database,
      MODS: "base,web,mail,vworkspace",
    };
  }
}

type Fields = Readonly<Record<string, RpcValue>>;

/** Calls of Odoo as one user, in few words. */
export class OdooSession {
  constructor(private readonly client: OdooClient) {}

  call(
    model: string,
    method: string,
    args: readonly RpcValue[] = [],
    keywords: Readonly<Record<string, RpcValue>> = {},
  ): Promise<RpcValue> {
    return this.client.executeKw(model, method, [...args], keywords);
  }

  async create(model: string, values: Fields): Promise<number> {
    const made = await this.call(model, "create", [values]);
    return (Array.isArray(made) ? made[0] : made) as number;
  }

  /** The one record that matches, or undefined. */
  async find(
    model: string,
    domain: readonly RpcValue[],
    fields: readonly string[] = ["id"],
  ): Promise<(Fields & { readonly id: number }) | undefined> {
    const context = { active_test: false };
    const found = await this.call(model, "search_read", [domain], {
      fields,
      context,
      limit: 1,
    });
    return (found as unknown as (Fields & { id: number })[])[0];
  }

  async require(
    model: string,
    domain: readonly RpcValue[],
    fields?: readonly string[],
  ): Promise<Fields & { readonly id: number }> {
    const found = await this.find(model, domain, fields);
    if (found) return found;
    throw new Error(`Odoo has no ${model} with ${JSON.stringify(domain)}.`);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
