import { Client } from "pg";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../test/db/open-test-database";
import { TenantLife } from "../../../../test/db/tenant-life";
import { TestTenant } from "../../../../test/db/test-tenant";
import { SqlDesiredObjectStore } from "../delivery/adapters/sql-desired-object-store";
import { SqlJobStore } from "../delivery/jobs/adapters/sql-job-store";
import { SqlInstanceStore } from "../intent/instances/adapters/sql-instance-store";
import { SqlIntentHistoryStore } from "../intent/instances/adapters/sql-intent-history-store";
import { SqlOperationStore } from "../intent/operations/adapters/sql-operation-store";
import { SqlScheduleStore } from "../intent/operations/adapters/sql-schedule-store";
import { SqlSequenceStore } from "../intent/sequences/adapters/sql-sequence-store";
import { SqlReplayStore } from "../intent/mutations/adapters/sql-replay-store";
import { SqlComparisonStore } from "../observed/odoo-sync/adapters/sql-comparison-store";
import { SqlOdooDatabaseStore } from "../observed/odoo-sync/adapters/sql-odoo-database-store";
import { SqlOutboxStore } from "../observed/odoo-sync/adapters/sql-outbox-store";
import { SqlReferenceStore } from "../observed/odoo-sync/adapters/sql-reference-store";
import { SqlTruthStore } from "../observed/odoo-sync/adapters/sql-truth-store";
import { SqlEventStore } from "../observed/events/adapters/sql-event-store";
import { RecordStore } from "./records/record-store";
import { SqlRecordStore } from "./records/sql-record-store";
import { SqlTransaction } from "./sql-transaction";

/** Comparisons with the organization, as the stores write them; what takes their place asks for nothing. */
const VALUE = /\b(?:\w+\.)?organization_id = (\$\d+)(?:::uuid)?/g;
const COLUMN = /\b\w+\.organization_id = \w+\.organization_id\b/g;
const USING = /\busing \(organization_id, /g;

/** All are asked at one moment, so that only what they see can make their answers differ. */
const CLOCK = /\b(?:clock_timestamp|now)\(\)/g;

/** Stores of which no method may be left out here. */
const WHOLE = [
  SqlComparisonStore,
  SqlOdooDatabaseStore,
  SqlOutboxStore,
  SqlReferenceStore,
  SqlTruthStore,
  SqlDesiredObjectStore,
  SqlEventStore,
  SqlInstanceStore,
  SqlIntentHistoryStore,
  SqlJobStore,
  SqlOperationStore,
  SqlReplayStore,
  SqlScheduleStore,
  SqlSequenceStore,
];

interface Sent {
  readonly sql: string;
  readonly values: readonly unknown[];
}

interface Outcome {
  /** What the statement answers. */
  readonly shown: string;
  /** The other organization's rows after it. */
  readonly foreign: string;
}

/** What is left of a statement whose author forgot the organization. */
function withoutOrganization(sql: string): string {
  return sql
    .replace(VALUE, (_all, value: string) => `(${value}::uuid is not null)`)
    .replace(COLUMN, "true")
    .replace(USING, "using (");
}

describe("a statement that forgets the organization", () => {
  let db: TestDatabase;
  let own: TestTenant;
  let other: TestTenant;
  let client: Client;
  let tables: readonly string[];
  /** By the id of the organization that they were sent in. */
  const sent = new Map<string, Map<string, Sent>>();
  const called = new Set<string>();
  /** The other organization's rows as they are. */
  let untouched: string;
  const moment = new Date().toISOString();

  beforeAll(async () => {
    db = await openTestDatabase();
    db.bindings.bind(RecordStore, SqlRecordStore);
    const spies = listen();
    other = await TestTenant.make(db);
    await new TenantLife(db, other).live();
    own = await TestTenant.make(db);
    await new TenantLife(db, own).live();
    spies.forEach((spy) => spy.mockRestore());
    client = new Client({ connectionString: db.superuserUrl });
    await client.connect();
    tables = await tenantTables();
    untouched = await foreignRows();
  }, 240_000);

  afterAll(async () => {
    await client?.end();
    await db.stop();
  });

  /** Notes every statement with its values, and every method of the stores that count as a whole. */
  function listen() {
    const note = (organizationId: string | undefined, one: Sent) => {
      if (organizationId === undefined) return;
      const known = sent.get(organizationId) ?? new Map<string, Sent>();
      sent.set(organizationId, known.set(one.sql, one));
    };
    const { query, run } = SqlTransaction.prototype;
    const transactions = [
      jest
        .spyOn(SqlTransaction.prototype, "query")
        .mockImplementation(function (this: SqlTransaction, sql, values = []) {
          note(this.organizationId, { sql, values });
          return query.call(this, sql, values);
        }),
      jest.spyOn(SqlTransaction.prototype, "run").mockImplementation(function (
        this: SqlTransaction,
        sql,
        values = [],
      ) {
        note(this.organizationId, { sql, values });
        return run.call(this, sql, values);
      }),
    ];
    const make = db.bindings.make.bind(db.bindings);
    const stores = jest
      .spyOn(db.bindings, "make")
      .mockImplementation((port, transaction) => {
        const store = make(port, transaction) as object;
        return new Proxy(store, {
          get(target, name, self) {
            called.add(`${target.constructor.name}.${String(name)}`);
            return Reflect.get(target, name, self) as unknown;
          },
        });
      });
    return [...transactions, stores];
  }

  /** Those of an organization that compare with it. */
  function statementsOf({ organizationId }: TestTenant): readonly Sent[] {
    const all = [...(sent.get(organizationId)?.values() ?? [])];
    return all.filter(({ sql }) => withoutOrganization(sql) !== sql);
  }

  async function tenantTables(): Promise<string[]> {
    const rows = await db.look<{ name: string }>(
      `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
    );
    return rows.map(({ name }) => name);
  }

  /** Everything that the other organization has, as one text. */
  async function foreignRows(): Promise<string> {
    const texts = tables.map(
      (table) =>
        `(select '${table}: ' || coalesce(string_agg(t::text, ';' order by t::text), '') from ${table} t where organization_id = $1)`,
    );
    const { rows } = await client.query<{ text: string }>(
      `select concat_ws(chr(10), ${texts.join(", ")}) as text`,
      [other.organizationId],
    );
    return rows[0]?.text ?? "";
  }

  /** What becomes of a statement as the role in the own organization, after `before`, which a superuser does. Nothing is kept. */
  async function outcome(
    { sql, values }: Sent,
    role: string,
    before = "select 1",
  ): Promise<Outcome> {
    await client.query("begin");
    try {
      await client.query("set local session_replication_role = replica");
      await client.query(before);
      await client.query(`set local role ${role}`);
      await client.query("select set_config('vw.organization', $1, true)", [
        own.organizationId,
      ]);
      const { rows } = await client.query<Record<string, unknown>>(
        sql.replace(CLOCK, `'${moment}'::timestamptz`),
        [...values],
      );
      const shown = JSON.stringify(
        rows.map((row) => JSON.stringify(row)).sort(),
      );
      await client.query("reset role");
      return { shown, foreign: await foreignRows() };
    } catch (error) {
      return { shown: String(error), foreign: untouched };
    } finally {
      await client.query("rollback");
    }
  }

  const cut = ({ sql, values }: Sent) => ({
    sql: withoutOrganization(sql),
    values,
  });

  /** Statements that reach further without their where-clause: they answer something else, or change foreign rows. */
  async function reaching(role: string): Promise<string[]> {
    const found: string[] = [];
    for (const statement of statementsOf(own)) {
      const whole = await outcome(statement, role);
      const short = await outcome(cut(statement), role);
      if (short.shown !== whole.shown || short.foreign !== untouched)
        found.push(statement.sql);
    }
    return found;
  }

  /**
   * The same for somebody who knows the ids of the other organization and of all that is in it: what a statement answers must
   * not depend on whether they exist.
   */
  async function reachingByIds(role: string): Promise<string[]> {
    const removal = tables
      .map(
        (table) =>
          `delete from ${table} where organization_id = '${other.organizationId}'`,
      )
      .join(";");
    const found: string[] = [];
    for (const statement of statementsOf(other)) {
      const there = await outcome(cut(statement), role);
      const gone = await outcome(cut(statement), role, removal);
      if (there.shown !== gone.shown || there.foreign !== untouched)
        found.push(statement.sql);
    }
    return found;
  }

  it("is tried for every statement that compares with it, and for nothing else", () => {
    for (const tenant of [own, other]) {
      expect(statementsOf(tenant).length).toBeGreaterThan(100);
      for (const { sql } of statementsOf(tenant))
        expect(withoutOrganization(sql)).not.toMatch(/organization_id = /);
    }
  });

  it("is tried for every method of the stores of intent, delivery and events", () => {
    const methods = WHOLE.flatMap((store) =>
      Object.getOwnPropertyNames(store.prototype)
        .filter((name) => name !== "constructor")
        .map((name) => `${store.name}.${name}`),
    );
    expect(methods.length).toBeGreaterThan(30);
    expect(methods.filter((method) => !called.has(method))).toEqual([]);
  });

  it("shows and changes nothing foreign as the request role", async () => {
    expect(await reaching("vworkspace_app")).toEqual([]);
    expect(await reachingByIds("vworkspace_app")).toEqual([]);
  });

  it("would show and change it for a role that sees everything, so that the test can fail", async () => {
    const found = await reaching("postgres");
    const byIds = await reachingByIds("postgres");
    process.stdout.write(
      `without where-clauses: ${statementsOf(own).length} statements tried; for a superuser ${found.length} reach further, ${byIds.length} where the foreign ids are known\n`,
    );
    expect(found.length).toBeGreaterThan(15);
    expect(byIds.length).toBeGreaterThan(60);
  });
});
