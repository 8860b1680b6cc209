import { randomBytes } from "node:crypto";
import { newId } from "@vworkspace/kernel";
import { Client } from "pg";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { BARE_PROOF, TestTenant } from "../../../../../test/db/test-tenant";
import { withHashKey } from "../../database/hash-key";
import { MasterKey } from "../../database/master-key";
import { CredentialService } from "../../fleet/clusters/credential.service";
import { SigningKeyRing } from "../identity/signing-key-ring";
import { SigningKeyService } from "../identity/signing-key.service";
import { UserService } from "../identity/user.service";
import { rewrap } from "./rewrap";
import { SEALED_COLUMNS } from "./sealed-columns";

describe("a change of the master key", () => {
  let db: TestDatabase;
  let owner: Client;
  const next = randomBytes(32);

  beforeAll(async () => {
    db = await openTestDatabase();
    owner = new Client({ connectionString: db.urls.owner });
    await owner.connect();
    await db.get(SigningKeyService).rotate({ isUrgent: true });
    await db.get(SigningKeyService).rotate({ isUrgent: false });
    const { organizationId } = await TestTenant.make(db);
    const id = newId();
    await db.look(
      "insert into odoo_databases (organization_id, id, name, wrapped_key) values ($1, $2, 'x', $3)",
      [
        organizationId,
        id,
        db.masterKey.seal(Buffer.from("a key"), `odoo_databases:${id}`),
      ],
    );
  });

  afterAll(async () => {
    await owner?.end();
    await db?.stop();
  });

  const sealed = () =>
    db.look<{ value: Buffer }>(
      "select private_key as value from signing_keys union all select sealed from sealed_keys union all select wrapped_key from odoo_databases where wrapped_key is not null",
    );
  const count = async (key: MasterKey) =>
    (await sealed()).filter(({ value }) => key.isOfThis(value)).length;

  it("knows every column that holds something sealed", async () => {
    const columns = await db.look<{ table: string; column: string }>(
      `select c.table_name as table, c.column_name as column from information_schema.columns c
       join pg_class t on t.relname = c.table_name and t.relnamespace = 'public'::regnamespace and not t.relispartition
       where c.table_schema = 'public' and c.data_type = 'bytea'`,
    );
    const holding: string[] = [];
    for (const { table, column } of columns) {
      const rows = await db.look(
        `select 1 from ${table} where substring(${column} from 1 for 4) = 'vwk1'::bytea limit 1`,
      );
      if (rows.length > 0) holding.push(`${table}.${column}`);
    }
    expect(holding.sort()).toEqual(
      SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`).sort(),
    );
  });

  it("that is cut off leaves what both keys together open, and is taken up where it ended", async () => {
    const to = new MasterKey(next);
    const total = (await sealed()).length;
    const dying = new Client({ connectionString: db.urls.owner });
    await dying.connect();
    dying.on("error", () => undefined);
    let updates = 0;
    const query = dying.query.bind(dying) as (...all: unknown[]) => unknown;
    // Its connection breaks before the second value is written, as where the process is killed.
    dying.query = ((...all: unknown[]) => {
      if (String(all[0]).startsWith("update") && (updates += 1) === 2)
        return Promise.reject(new Error("killed"));
      return query(...all);
    }) as typeof dying.query;
    await expect(rewrap(dying, db.masterKey, to)).rejects.toThrow("killed");
    await dying.end();
    expect(await count(to)).toBe(1);

    const both = new MasterKey(db.masterKey.bytes, [next]);
    const half = new SigningKeyRing(db.unitOfWork, both);
    expect((await half.get()).verifying.size).toBe(3);

    // As a second run of the command finds it, with the former key in its file.
    await withHashKey(db.urls.worker, new MasterKey(db.masterKey.bytes));
    expect(SEALED_COLUMNS.at(-1)?.table).toBe("sealed_keys");
    const counts = await rewrap(owner, db.masterKey, to);
    expect(counts.reduce((sum, { already }) => sum + already, 0)).toBe(1);
    expect(await count(to)).toBe(total);
    const again = await rewrap(owner, db.masterKey, to);
    expect(again.every(({ rewrapped }) => rewrapped === 0)).toBe(true);
  });

  it("leaves clusters, API keys and registration tokens as they were", async () => {
    const tenant = await TestTenant.make(db);
    const cluster = await tenant.cluster();
    const pending = await tenant.addCluster();
    const registration = await tenant.registrationToken(pending.id);
    const { key } = await db
      .get(UserService)
      .add({ login: "kim", role: "admin", organizationCode: "kims" });

    // As a gateway that starts with the new key alone.
    const masterKey = await withHashKey(db.urls.worker, new MasterKey(next));
    const replica = await db.openReplica({}, masterKey);
    const credentials = replica.get(CredentialService);
    await credentials.authenticate(cluster.token, BARE_PROOF);
    await credentials.register(registration, {}, BARE_PROOF);
    expect(
      await replica.get(UserService).authenticate("kim", key),
    ).toMatchObject({ name: "kim" });
    const { token } = await credentials.rotate(
      cluster.principal,
      {},
      BARE_PROOF,
    );
    await replica.close();

    // And one that runs on with the former key goes on working, until it starts anew.
    await db.get(SigningKeyService).advance();
    await db.get(CredentialService).authenticate(token, BARE_PROOF);
    await expect(
      withHashKey(db.urls.worker, new MasterKey(db.masterKey.bytes)),
    ).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("VWORKSPACE_MASTER_KEY_FILE") as string,
    });
  });

  it("names the value that neither key opens, and changes nothing of it", async () => {
    const stranger = new MasterKey(randomBytes(32));
    await expect(
      rewrap(owner, stranger, new MasterKey(randomBytes(32))),
    ).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("is sealed under neither key") as string,
    });
    expect(await count(new MasterKey(next))).toBe((await sealed()).length);
  });
});
