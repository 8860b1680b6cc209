import { newId } from "@vworkspace/kernel";
import { Client } from "pg";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../test/db/open-test-database";
import { TestTenant } from "../../../../test/db/test-tenant";
import { SqlTransaction } from "./sql-transaction";
import { ClusterStore } from "../fleet/clusters/domain/cluster-store";

/** Tables that hold no tenant's data; what isn't named here has to be protected. */
const NOT_OF_TENANTS = [
  "organizations",
  "signing_keys",
  "schema_migrations",
  "gateway_listening",
  "certificate_authorities",
  "certificate_authority_keys",
  "dpop_epoch",
  "dpop_proofs",
  "failed_attempts",
  "sealed_keys",
  "token_issuers",
  "trust_version",
];

const TABLES = `
  select c.oid::int as oid, c.relname as name, c.relispartition as "isPartition", c.relrowsecurity as "isProtected", c.relforcerowsecurity as "isForced"
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by c.relname`;

interface Table {
  readonly oid: number;
  readonly name: string;
  readonly isPartition: boolean;
  readonly isProtected: boolean;
  readonly isForced: boolean;
}

describe("tenants in the database", () => {
  let db: TestDatabase;
  let tables: Table[];
  let tenantTables: Table[];

  beforeAll(async () => {
    db = await openTestDatabase();
    tables = await db.look<Table>(TABLES);
    tenantTables = tables.filter(
      (table) => !table.isPartition && !NOT_OF_TENANTS.includes(table.name),
    );
  });

  afterAll(() => db.stop());

  it("has every table of tenants' data protected, also from its owner", () => {
    expect(tenantTables.length).toBeGreaterThan(15);
    const open = tenantTables.filter(
      (table) => !table.isProtected || !table.isForced,
    );
    expect(open.map(({ name }) => name)).toEqual([]);
  });

  it("names the organization in every row of every such table", async () => {
    const columns = await db.look<{ name: string }>(
      `select relname as name from pg_attribute join pg_class on pg_class.oid = attrelid
       where attname = 'organization_id' and attnotnull and atttypid = 'uuid'::regtype and relnamespace = 'public'::regnamespace`,
    );
    expect(columns.map(({ name }) => name)).toEqual(
      expect.arrayContaining(tenantTables.map(({ name }) => name)),
    );
  });

  it("begins every unique key of such a table with the organization", async () => {
    const keys = await db.look<{ name: string }>(
      `select i.relname as name from pg_index x join pg_class i on i.oid = x.indexrelid
       where x.indisunique and x.indrelid = any($1::oid[])
         and (select attname from pg_attribute where attrelid = x.indrelid and attnum = x.indkey[0]) <> 'organization_id'`,
      [tenantTables.map(({ oid }) => oid)],
    );
    expect(keys).toEqual([]);
  });

  it("lets the request role see its organization, the worker everything, and the owner only where a secret is looked up or sealed anew", async () => {
    const policies = await db.look<{
      table: string;
      policy: string;
      command: string;
      role: string;
    }>(
      `select tablename as table, policyname as policy, cmd as command, array_to_string(roles, ',') as role from pg_policies
       where schemaname = 'public' order by tablename, policyname`,
    );
    const expected = [...tenantTables.map(({ name }) => name), "organizations"]
      .flatMap((table) => [
        {
          table,
          policy: "everything",
          command: "ALL",
          role: "vworkspace_worker",
        },
        { table, policy: "tenant", command: "ALL", role: "vworkspace_app" },
      ])
      .concat(
        [
          "api_keys",
          "organizations",
          "registration_tokens",
          "user_identities",
          "user_sessions",
          "users",
        ].map((table) => ({
          table,
          policy: "lookup",
          command: "SELECT",
          role: "vworkspace_owner",
        })),
        // For a change of the master key.
        {
          table: "odoo_databases",
          policy: "rewrap",
          command: "ALL",
          role: "vworkspace_owner",
        },
      );
    const byName = (a: { table: string; policy: string }, b: typeof a) =>
      `${a.table} ${a.policy}` < `${b.table} ${b.policy}` ? -1 : 1;
    expect([...policies].sort(byName)).toEqual(expected.sort(byName));
  });

  it("gives nobody rights on a partition, nor on what is made later", async () => {
    const rights = await db.look<{ name: string }>(
      `select c.relname as name from pg_class c cross join lateral aclexplode(c.relacl) a
       where c.relispartition and c.relkind = 'r' and a.grantee <> c.relowner`,
    );
    const defaults = await db.look("select * from pg_default_acl");
    expect({ rights, defaults }).toEqual({ rights: [], defaults: [] });
  });

  it("keeps the gateway's own keys from the request role", async () => {
    const rows = await db.look<{ may: boolean }>(
      "select has_table_privilege('vworkspace_app', 'signing_keys', 'select') as may",
    );
    expect(rows).toEqual([{ may: false }]);
  });

  it("uses roles that are no superusers and bypass nothing", async () => {
    const roles = await db.look(
      "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname like 'vworkspace%' order by 1",
    );
    const ordinary = {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
    };
    expect(roles).toEqual(
      ["vworkspace_app", "vworkspace_owner", "vworkspace_worker"].map(
        (rolname) => ({ rolname, ...ordinary }),
      ),
    );
  });

  describe("with two of them", () => {
    let own: TestTenant;
    let other: TestTenant;

    beforeAll(async () => {
      own = await TestTenant.make(db);
      other = await TestTenant.make(db);
      await own.cluster();
      await other.cluster();
    });

    it("shows the request role nothing before an organization is set", async () => {
      const client = new Client({ connectionString: db.urls.app });
      await client.connect();
      try {
        for (const { name } of tenantTables)
          expect([
            name,
            (await client.query(`select * from ${name}`)).rowCount,
          ]).toEqual([name, 0]);
      } finally {
        await client.end();
      }
    });

    it("shows nothing on a pooled connection that served an organization before", async () => {
      const client = new Client({ connectionString: db.urls.app });
      await client.connect();
      try {
        await client.query("begin");
        await client.query("select set_config('vw.organization', $1, true)", [
          own.organizationId,
        ]);
        expect((await client.query("select 1 from clusters")).rowCount).toBe(1);
        await client.query("commit");
        expect((await client.query("select 1 from clusters")).rowCount).toBe(0);
      } finally {
        await client.end();
      }
    });

    it("shows an organization its own rows only", async () => {
      const rows = await asOwn(
        "select organization_id as id from clusters union select organization_id from users union select id from organizations",
      );
      expect(rows).toEqual([{ id: own.organizationId }]);
    });

    it("lets no one write rows of another organization", async () => {
      const inserting = asOwn(
        "insert into clusters (organization_id, id, code, name) values ($1, gen_random_uuid(), 'x', 'x')",
        [other.organizationId],
      );
      await expect(inserting).rejects.toThrow(/row-level security/);
    });

    it("lets no one move its rows to another organization, or change rows there", async () => {
      const [mine] = await asOwn<{ id: string }>("select id from clusters");
      await expect(
        asOwn("update clusters set organization_id = $1 where id = $2", [
          other.organizationId,
          mine?.id,
        ]),
      ).rejects.toThrow(/row-level security/);
      const renamed = await asOwn(
        "update clusters set name = 'taken' where organization_id = $1 returning id",
        [other.organizationId],
      );
      expect(renamed).toEqual([]);
    });

    /** One statement as the request role in the first organization. */
    async function asOwn<Row>(
      sql: string,
      values: readonly unknown[] = [],
    ): Promise<Row[]> {
      const client = new Client({ connectionString: db.urls.app });
      await client.connect();
      try {
        await client.query("begin");
        await client.query("select set_config('vw.organization', $1, true)", [
          own.organizationId,
        ]);
        return (await client.query(sql, [...values])).rows as Row[];
      } finally {
        await client.end();
      }
    }

    it("hands out stores in a unit of work only, and none that work after it", async () => {
      const kept = await own.in((stores) =>
        Promise.resolve(stores.get(ClusterStore)),
      );
      await expect(kept.byId(newId())).rejects.toThrow();
      expect(() => db.get(ClusterStore)).toThrow();
      expect(() => db.get(SqlTransaction)).toThrow();
    });
  });
});
