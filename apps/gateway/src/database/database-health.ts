import { MIGRATIONS } from "../../../../migrations";
import type { DatabasePools } from "./database-pools";
import { queryCount } from "./sql-transaction";

/** What the process itself wants to know of its database; no tenant's data. */
export class DatabaseHealth {
  constructor(private readonly pools: DatabasePools) {}

  /** Statements sent since the start. */
  get queries(): number {
    return queryCount.total;
  }

  /** @throws Error when the database doesn't answer, or when a migration of this program hasn't run */
  async check(): Promise<void> {
    const rows = await this.pools.worker.query<{ name: string }[]>(
      "select name from schema_migrations",
    );
    const missing = MIGRATIONS.map((migration) => new migration().name).filter(
      (name) => !rows.some((row) => row.name === name),
    );
    if (missing.length > 0)
      throw new Error(`Migrations have not run: ${missing.join(", ")}.`);
  }

  /** Open jobs by state, of all organizations. */
  openJobs(): Promise<
    readonly { readonly state: string; readonly count: number }[]
  > {
    return this.pools.worker.query(
      "select state, count(*)::int as count from jobs group by state",
    );
  }
}
