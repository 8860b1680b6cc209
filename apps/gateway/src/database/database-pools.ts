import { setTimeout as sleep } from "node:timers/promises";
import type { DataSource } from "typeorm";
import { dataSource, type DatabaseUrls } from "./data-sources";

/** Of a first connection, before the program gives up. */
const ATTEMPTS = 6;
const PAUSE_MS = 1000;

/** Pools of the request and the worker role. */
export class DatabasePools {
  constructor(
    readonly app: DataSource,
    readonly worker: DataSource,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.app.destroy(), this.worker.destroy()]);
  }
}

export async function openPools(
  urls: DatabaseUrls,
  poolSize: number,
): Promise<DatabasePools> {
  const app = dataSource(urls.app, poolSize);
  const worker = dataSource(urls.worker, Math.max(2, Math.ceil(poolSize / 2)));
  await Promise.all([connect(app), connect(worker)]);
  return new DatabasePools(app, worker);
}

/** A database that has just been started, or works off a backlog, may let a first connection wait too long. */
async function connect(source: DataSource): Promise<void> {
  for (let left = ATTEMPTS - 1; ; left -= 1)
    try {
      await source.initialize();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await sleep(PAUSE_MS);
    }
}
