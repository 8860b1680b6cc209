import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GatewayProcess } from "../conformance/gateway-process";
import { ChaosPostgres } from "./chaos-postgres";
import { freeLowPort } from "./low-port";

/** A gateway that is killed and comes back: one database, one URL, one process after the other. */
export class ChaosGateway {
  private constructor(
    readonly postgres: ChaosPostgres,
    private readonly directory: string,
    private readonly settings: Readonly<Record<string, string>>,
    private current: GatewayProcess,
  ) {}

  get url(): string {
    return `http://${this.settings["VWORKSPACE_HTTP_ADDR"] ?? ""}`;
  }

  /** @param settings environment variables; see GatewayProcess */
  static async start(
    settings: Readonly<Record<string, string>>,
  ): Promise<ChaosGateway> {
    const directory = await mkdtemp(join(tmpdir(), "vworkspace-chaos-"));
    const masterKey = join(directory, "master.key");
    await writeFile(masterKey, randomBytes(32).toString("base64"), {
      mode: 0o600,
    });
    const postgres = await ChaosPostgres.start();
    const own = {
      ...settings,
      VWORKSPACE_HTTP_ADDR: `127.0.0.1:${await freeLowPort()}`,
      VWORKSPACE_MASTER_KEY_FILE: masterKey,
      DATABASE_URL: postgres.gatewayUrl,
    };
    try {
      const { process } = await GatewayProcess.start(own);
      return new ChaosGateway(postgres, directory, own, process);
    } catch (error) {
      await postgres.stop();
      throw error;
    }
  }

  /** Where it listens, for a proxy before it. */
  get target(): { readonly host: string; readonly port: number } {
    const { hostname, port } = new URL(this.url);
    return { host: hostname, port: Number(port) };
  }

  /** kill -9 of the gateway, and of its PostgreSQL at the same moment where asked for; then it starts again. */
  async crash(downMs: number, withPostgres: boolean): Promise<void> {
    const gone = this.kill();
    if (withPostgres) this.postgres.kill();
    await gone;
    await sleep(downMs);
    if (withPostgres) await this.postgres.restart();
    await this.revive();
  }

  /** kill -9. */
  kill(): Promise<void> {
    return this.current.kill();
  }

  /** Starts it again on what it had. */
  async revive(): Promise<void> {
    const { dataDir } = this.current;
    const { process } = await GatewayProcess.start(this.settings, dataDir);
    this.current = process;
  }

  /** kill -9 of PostgreSQL under a gateway that goes on. */
  async crashPostgres(downMs: number): Promise<void> {
    this.postgres.kill();
    await sleep(downMs);
    await this.postgres.restart();
  }

  /** What it wrote last, for a person. */
  get lastOutput(): string {
    return this.current.lastOutput;
  }

  async stop(): Promise<void> {
    await this.current.stop();
    await this.postgres.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
