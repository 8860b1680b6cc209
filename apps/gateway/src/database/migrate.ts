import { DataSource } from "typeorm";
import { MIGRATIONS } from "../../../../migrations";
import type { DatabaseUrls } from "./data-sources";

/** Key of the advisory lock under which migrations run: replicas that start together take turns. */
const MIGRATION_LOCK = 7_822_113;

/** Brings the schema up to date as the owner role. Returns the names of the migrations that ran. */
export async function migrate(urls: DatabaseUrls): Promise<readonly string[]> {
  const source = migrationSource(urls);
  await source.initialize();
  try {
    const lock = source.createQueryRunner();
    await lock.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    try {
      const ran = await source.runMigrations({ transaction: "each" });
      return ran.map((migration) => migration.name);
    } finally {
      await lock.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]);
      await lock.release();
    }
  } finally {
    await source.destroy();
  }
}

/** The owner's data source. Its sessions name the other two roles, which migrations grant to. */
export function migrationSource(urls: DatabaseUrls): DataSource {
  const app = decodeURIComponent(new URL(urls.app).username);
  const worker = decodeURIComponent(new URL(urls.worker).username);
  return new DataSource({
    type: "postgres",
    url: urls.owner,
    migrations: MIGRATIONS,
    migrationsTableName: "schema_migrations",
    poolSize: 2,
    applicationName: "vworkspace-migrations",
    extra: {
      options: `-c timezone=UTC -c vw.app_role=${escaped(app)} -c vw.worker_role=${escaped(worker)}`,
    },
  });
}

/** A space would end the value of a start-up option (PostgreSQL, "options" of a connection). */
function escaped(role: string): string {
  return role.replace(/[\\ ]/g, "\\$&");
}
