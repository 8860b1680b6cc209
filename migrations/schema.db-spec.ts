import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { migrate, migrationSource } from "../apps/gateway/src/database/migrate";
import {
  openTestDatabase,
  type TestDatabase,
} from "../test/db/open-test-database";
import { MIGRATIONS } from "./index";
import { describeSchema } from "../test/db/describe-schema";

const SNAPSHOT = join(__dirname, "schema.snapshot.txt");
const REMEDY =
  "Read the difference. If it is meant: WRITE_SCHEMA=1 node --experimental-vm-modules node_modules/jest/bin/jest.js --selectProjects db -- migrations";

describe("migrations", () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  // There are no TypeORM entities to generate a difference from: SQL is written out. What stands in their place is the
  // schema as PostgreSQL describes it, committed as text, so that every change of it is seen where it is reviewed.
  it("make exactly the schema that schema.snapshot.txt shows", async () => {
    const schema = await describeSchema((sql) => db.look(sql));
    if (process.env["WRITE_SCHEMA"] === "1") await writeFile(SNAPSHOT, schema);
    const committed = await readFile(SNAPSHOT, "utf8").catch(() => "");
    if (committed !== schema)
      throw new Error(`${firstDifference(committed, schema)}\n${REMEDY}`);
  });

  it("leave the schema builder nothing to do", async () => {
    const source = migrationSource(db.urls);
    await source.initialize();
    try {
      expect(source.entityMetadatas).toEqual([]);
      const { upQueries } = await source.driver.createSchemaBuilder().log();
      expect(upQueries).toEqual([]);
    } finally {
      await source.destroy();
    }
  });

  it("do nothing when they run again", async () => {
    const before = await describeSchema((sql) => db.look(sql));
    expect(await migrate(db.urls)).toEqual([]);
    expect(await describeSchema((sql) => db.look(sql))).toBe(before);
  });

  it("take turns when several gateways start at once on an empty database", async () => {
    await db.look("create database empty owner vworkspace_owner");
    const urls = {
      owner: elsewhere(db.urls.owner),
      app: elsewhere(db.urls.app),
      worker: elsewhere(db.urls.worker),
    };
    const ran = await Promise.all([1, 2, 3].map(() => migrate(urls)));
    expect(ran.map(({ length }) => length).sort()).toEqual([
      0,
      0,
      MIGRATIONS.length,
    ]);
  });

  it("name the roles that they grant to, whatever those are called", async () => {
    await db.look(`create role "App of Ada" login password 'x'`);
    await db.look("create database named owner vworkspace_owner");
    const app = new URL(elsewhere(db.urls.app, "named"));
    app.username = "App of Ada";
    const ran = await migrate({
      owner: elsewhere(db.urls.owner, "named"),
      app: app.toString(),
      worker: elsewhere(db.urls.worker, "named"),
    });
    expect(ran).toHaveLength(MIGRATIONS.length);
  });

  it("have unique names in rising order of time", () => {
    const names = MIGRATIONS.map((migration) => new migration().name);
    const times = names.map((name) => Number(/\d{13}$/.exec(name)?.[0]));
    expect(new Set(names).size).toBe(names.length);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("make months of growing tables ahead, and drop those past the retention", async () => {
    const months = async () => {
      const rows = await db.look<{ name: string }>(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'events'::regclass order by 1",
      );
      return rows.map(({ name }) => name);
    };
    const maintain = (ahead: number, retention: string) =>
      db.look(
        `select maintain_partitions('events', ${ahead}, interval '${retention}')`,
      );
    const before = await months();
    await maintain(5, "100 years");
    expect(await months()).toHaveLength(before.length + 2);
    await db.look(
      "create table events_200001 partition of events for values from (uuid_floor('2000-01-01 00:00+00')) to (uuid_floor('2000-02-01 00:00+00'))",
    );
    await db.look("alter table events_200001 owner to vworkspace_owner");
    await maintain(5, "100 years");
    expect(await months()).toContain("events_200001");
    await maintain(5, "400 days");
    expect(await months()).not.toContain("events_200001");
    expect(await months()).toEqual(expect.arrayContaining(before));
  });

  it("let the worker maintain no other tables than those that grow with time", async () => {
    const other = db.pools.worker.query(
      "select maintain_partitions('jobs', 1, interval '1 day')",
    );
    await expect(other).rejects.toThrow("no table that grows with time");
    const app = db.pools.app.query(
      "select maintain_partitions('events', 1, interval '1 day')",
    );
    await expect(app).rejects.toThrow(/permission denied/);
  });
});

function elsewhere(url: string, database = "empty"): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
}

function firstDifference(committed: string, schema: string): string {
  const [old, now] = [committed.split("\n"), schema.split("\n")];
  const line = now.findIndex((text, index) => text !== old[index]);
  const at = line < 0 ? now.length : line;
  return `migrations/schema.snapshot.txt is stale at line ${at + 1}: it says "${old[at] ?? ""}", the migrations make "${now[at] ?? ""}".`;
}
