import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../apps/gateway/src/database/embedded";
import { newDataDir } from "../db/prepared-data";
import { FaultProxy } from "./fault-proxy";

/** A PostgreSQL that is killed and comes back on another port; the gateway reaches it at one that stays. */
export class ChaosPostgres {
  /** When this process ends by itself, whatever the reason, nothing of it stays behind. */
  private readonly endWithUs = () => {
    try {
      this.signal("SIGQUIT");
    } catch {
      // It was killed a moment ago.
    }
  };

  private constructor(
    private readonly directory: string,
    private readonly door: FaultProxy,
    private server: EmbeddedPostgres,
  ) {
    process.once("exit", this.endWithUs);
  }

  /** In a directory of its own: its processes must be able to pass through every folder above. */
  static async start(): Promise<ChaosPostgres> {
    const directory = await newDataDir("vworkspace-postgres-", "empty");
    const server = await startServer(directory);
    const door = await FaultProxy.start(() => ({
      host: "127.0.0.1",
      port: Number(new URL(postgres.url).port),
    }));
    const postgres: ChaosPostgres = new ChaosPostgres(directory, door, server);
    return postgres;
  }

  /** Of its superuser, at the server itself: for what only a test may do. Changes with every start. */
  get url(): string {
    return this.server.bootstrapUrl;
  }

  /** The same, for the gateway. */
  get gatewayUrl(): string {
    const url = new URL(this.url);
    url.port = String(this.door.port);
    return url.href;
  }

  /** kill -9 of the postmaster; its other processes end as soon as they notice. */
  kill(): void {
    this.signal("SIGKILL");
  }

  async restart(): Promise<void> {
    this.server = await startServer(this.directory);
  }

  /** As a backup does it, or a restore. Nobody may be at work in the first. */
  async copyDatabase(from: string, to: string): Promise<void> {
    const url = new URL(this.url);
    url.pathname = "/postgres";
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      await client.query(`drop database if exists "${to}" (force)`);
      await client.query(`create database "${to}" template "${from}"`);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.door.stop();
    process.removeListener("exit", this.endWithUs);
    await rm(this.directory, { recursive: true, force: true });
  }

  private signal(name: NodeJS.Signals): void {
    const file = join(this.directory, "postgres", "postmaster.pid");
    const [pid] = readFileSync(file, "utf8").split("\n");
    process.kill(Number(pid), name);
  }
}

function startServer(directory: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres(directory, "own", () => undefined);
}
