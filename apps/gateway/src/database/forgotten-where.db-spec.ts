import { Client } from "pg";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../test/db/open-test-database";
import { TestTenant } from "../../../../test/db/test-tenant";
import { makeModels } from "../api/odoo/models/make-models";
import { ClusterService } from "../fleet/clusters/cluster.service";
import { ApiKeyService } from "../trust/identity/api-key.service";
import { UserAdminService } from "../trust/identity/user-admin.service";
import { IdentityLinkService } from "../trust/people/identity-link.service";
import { RecordStore } from "./records/record-store";
import { SqlRecordStore } from "./records/sql-record-store";
import { SqlTransaction } from "./sql-transaction";

/** A comparison with the organization, as the stores write it; what takes its place asks for nothing. */
const WHERE = /\b(?:\w+\.)?organization_id = (\$\d+)(?:::uuid)?/g;

interface Sent {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Both are asked at one moment, so that only what they see can make their answers differ. */
const CLOCK = /\b(?:clock_timestamp|now)\(\)/g;

/** What is left of a statement whose author forgot the organization. */
function withoutOrganization(sql: string): string {
  return sql.replace(
    WHERE,
    (_all, value: string) => `(${value}::uuid is not null)`,
  );
}

describe("a statement that forgets the organization", () => {
  let db: TestDatabase;
  let own: TestTenant;
  let other: TestTenant;
  let client: Client;
  let statements: readonly Sent[];
  /** The other organization's rows as they are. */
  let untouched: string;
  const moment = new Date().toISOString();

  beforeAll(async () => {
    db = await openTestDatabase();
    db.bindings.bind(RecordStore, SqlRecordStore);
    const sent = new Map<string, Sent>();
    let isNoting = false;
    const note = (organizationId: string | undefined, one: Sent) => {
      if (isNoting && organizationId !== undefined) sent.set(one.sql, one);
    };
    const { query, run } = SqlTransaction.prototype;
    const kept = [
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
    other = await TestTenant.make(db);
    await live(other);
    own = await TestTenant.make(db);
    isNoting = true;
    await live(own);
    kept.forEach((spy) => spy.mockRestore());
    statements = [...sent.values()].filter(({ sql }) =>
      new RegExp(WHERE).test(sql),
    );
    client = new Client({ connectionString: db.superuserUrl });
    await client.connect();
    untouched = await foreignRows();
  }, 60_000);

  afterAll(async () => {
    await client?.end();
    await db.stop();
  });

  /** What an organization does in a life; every statement of it is tried. */
  async function live(tenant: TestTenant): Promise<void> {
    await tenant.allow();
    const cluster = await tenant.cluster();
    await tenant.createInstance(cluster.id);
    await tenant.signIn();
    await tenant.in(async (stores) => {
      const users = db.get(UserAdminService);
      const login = "ben@example.com";
      const user = { login, name: login, role: "reader" } as const;
      const id = await users.create(stores, tenant.actor, user);
      const request = { name: "x", scopes: ["all"], days: undefined };
      const keys = db.get(ApiKeyService);
      const key = await keys.issue(stores, tenant.actor, id, request);
      await keys.revoke(stores, tenant.actor, key.id);
      await users.change(stores, tenant.actor, id, { role: "operator" });
      const links = db.get(IdentityLinkService);
      const person = { issuer: "https://login.example.com/", subject: login };
      await links.link(stores, tenant.actor, id, person);
      await links.unlink(stores, tenant.actor, id, person);
      await db
        .get(ClusterService)
        .rename(stores, tenant.actor, cluster.id, "Renamed");
      await readEverything(stores.get(RecordStore));
    });
  }

  async function readEverything(records: RecordStore): Promise<void> {
    const { irModel: _memory, ...models } = makeModels(120);
    for (const model of Object.values(models)) {
      const numbers = await records.search(model, { limit: 1000 });
      await records.count(model, undefined, 1000);
      await records.read(model, model.fields, numbers);
      await records.keysOf(model, numbers);
    }
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
    const parts: string[] = [];
    for (const table of await tenantTables()) {
      const { rows } = await client.query<{ text: string | null }>(
        `select string_agg(t::text, ';' order by t::text) as text from ${table} t where organization_id = $1`,
        [other.organizationId],
      );
      parts.push(`${table}: ${rows[0]?.text ?? ""}`);
    }
    return parts.join("\n");
  }

  /** What a statement answers as the role in the own organization, and what it makes of the other's rows. Nothing is kept. */
  async function outcome(
    sql: string,
    values: readonly unknown[],
    role: string,
  ): Promise<{ shown: string; foreign: string }> {
    await client.query("begin");
    try {
      await client.query(`set local role ${role}`);
      await client.query("select set_config('vw.organization', $1, true)", [
        own.organizationId,
      ]);
      const shown = await client
        .query<Record<string, unknown>>(
          sql.replace(CLOCK, `'${moment}'::timestamptz`),
          [...values],
        )
        .then(({ rows }) =>
          JSON.stringify(rows.map((row) => JSON.stringify(row)).sort()),
        );
      await client.query("reset role");
      return { shown, foreign: await foreignRows() };
    } catch (error) {
      return { shown: String(error), foreign: untouched };
    } finally {
      await client.query("rollback");
    }
  }

  /** Statements that reach further without their where-clause: they answer something else, or change foreign rows. */
  async function reaching(role: string): Promise<string[]> {
    const found: string[] = [];
    for (const { sql, values } of statements) {
      const whole = await outcome(sql, values, role);
      const cut = await outcome(withoutOrganization(sql), values, role);
      const isFurther = cut.shown !== whole.shown || cut.foreign !== untouched;
      if (isFurther) found.push(sql);
    }
    return found;
  }

  it("is tried for every statement that compares with it, and for nothing else", () => {
    expect(statements.length).toBeGreaterThan(40);
    for (const { sql } of statements)
      expect(withoutOrganization(sql)).not.toMatch(WHERE);
  });

  it("shows and changes nothing foreign as the request role", async () => {
    expect(await reaching("vworkspace_app")).toEqual([]);
  }, 60_000);

  it("would show and change it for a role that sees everything, so that the test can fail", async () => {
    const found = await reaching("postgres");
    process.stdout.write(
      `without where-clauses: ${statements.length} statements tried, ${found.length} of them reach further for a superuser\n`,
    );
    expect(found.length).toBeGreaterThan(15);
  }, 60_000);
});
