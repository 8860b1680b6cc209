import { GatewayProcess } from "../conformance/gateway-process";
import { freeLowPort } from "./low-port";

/** A gateway that is killed and comes back: one data directory, one URL, one process after the other. */
export class ChaosGateway {
  kills = 0;
  /** How many of them took PostgreSQL along. */
  postgresKills = 0;
  restarts = 0;

  private constructor(
    readonly url: string,
    private readonly settings: Readonly<Record<string, string>>,
    private current: GatewayProcess,
  ) {}

  /** @param settings environment variables; see GatewayProcess */
  static async start(
    settings: Readonly<Record<string, string>>,
  ): Promise<ChaosGateway> {
    const address = `127.0.0.1:${await freeLowPort()}`;
    const own = { ...settings, VWORKSPACE_HTTP_ADDR: address };
    const { process, url } = await GatewayProcess.start(own);
    return new ChaosGateway(url, own, process);
  }

  databaseUrl(): Promise<string> {
    return this.current.databaseUrl();
  }

  /** kill -9 of the gateway, and of its PostgreSQL at the same moment where asked for. Returns when it is gone. */
  async kill(withPostgres: boolean): Promise<void> {
    const postmaster = withPostgres
      ? await this.current.postgresPid()
      : undefined;
    this.kills += 1;
    this.postgresKills += postmaster === undefined ? 0 : 1;
    const gone = this.current.kill();
    if (postmaster !== undefined) process.kill(postmaster, "SIGKILL");
    await gone;
  }

  /** Starts it again on what the last one left behind; returns when it listens. */
  async restart(): Promise<void> {
    const { dataDir } = this.current;
    const { process } = await GatewayProcess.start(this.settings, dataDir);
    this.current = process;
    this.restarts += 1;
  }

  /** What it wrote last, for a person. */
  get lastOutput(): string {
    return this.current.lastOutput;
  }

  async stop(): Promise<void> {
    await this.current.stop();
  }
}
