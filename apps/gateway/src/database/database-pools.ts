import type { DataSource } from "typeorm";
import { dataSource, type DatabaseUrls } from "./data-sources";

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
  await Promise.all([app.initialize(), worker.initialize()]);
  return new DatabasePools(app, worker);
}
