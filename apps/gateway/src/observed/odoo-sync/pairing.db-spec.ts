import { randomUUID } from "node:crypto";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  bridgeOf,
  organizationCode,
  pairingOf,
  TestOdoo,
} from "../../../../../test/db/test-odoo";
import { TestTenant } from "../../../../../test/db/test-tenant";
import type { UserActor } from "../../trust/identity/domain/actor";
import type { Pairing } from "./domain/pairing-rules";
import { OdooDatabaseService } from "./odoo-database.service";
import { PairCodeService } from "./pair-code.service";

describe("the pairing of an Odoo database", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let organization: string;
  let bridge: UserActor;

  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db?.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    organization = await organizationCode(db, tenant);
    bridge = await bridgeOf(db, organization);
  });

  const service = () => db.get(OdooDatabaseService);
  const create = (name = "Company") =>
    tenant.in((stores) => service().create(stores, tenant.actor, name));
  const codeOf = async (id: string) => {
    const issued = await tenant.in((stores) =>
      service().issueCode(stores, tenant.actor, id),
    );
    return issued.code;
  };
  const pair = (
    code: string,
    uuid: string = randomUUID(),
    more: Partial<Pairing> & { readonly as?: UserActor } = {},
  ) => {
    const { as = bridge, ...changed } = more;
    return tenant.in((stores) =>
      service().pair(stores, as, { ...pairingOf(code, uuid), ...changed }),
    );
  };

  it("takes a code that an admin gave, once, however it is typed", async () => {
    const id = await create();
    const code = await codeOf(id);
    const uuid = randomUUID();
    const status = await pair(code.toLowerCase().replaceAll("-", " "), uuid);
    expect(status).toMatchObject({
      organization: { code: organization, approval_trust: "personal" },
      database: {
        id,
        state: "paired",
        user_id: bridge.id,
        database_uuid: uuid,
        epoch: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      },
      waiting: 0,
    });
    await expect(pair(code, uuid)).rejects.toMatchObject({
      code: "validation_failed",
      message: expect.stringContaining("was used") as string,
    });
    expect(await tenant.auditActions()).toEqual(
      expect.arrayContaining([
        "odoo_database.create",
        "odoo_database.issue_code",
        "odoo_database.pair",
      ]),
    );
  });

  it("refuses a code that is over, one that a newer one ended, and another organization's", async () => {
    const id = await create();
    const over = await codeOf(id);
    const newer = await codeOf(id);
    await expect(pair(over)).rejects.toThrow(/none of this organization/);
    const stranger = await TestTenant.make(db);
    const theirs = await bridgeOf(db, await organizationCode(db, stranger));
    const foreign = stranger.in((stores) =>
      service().pair(stores, theirs, pairingOf(newer, randomUUID())),
    );
    await expect(foreign).rejects.toThrow(/none of this organization/);
    await db.look(
      "update odoo_databases set pairing_expires_at = now() where id = $1",
      [id],
    );
    await expect(pair(newer)).rejects.toThrow(/none of this organization/);
  });

  it("binds a user to one database for good, and a database to one user", async () => {
    const odoo = await TestOdoo.pair(db, tenant);
    const again = await codeOf(odoo.databaseId);
    const refused = { code: "forbidden" };
    await expect(
      pair(again, randomUUID(), { as: odoo.actor }),
    ).rejects.toMatchObject(refused);
    await expect(pair(again, odoo.databaseUuid)).rejects.toMatchObject(refused);
    const second = await codeOf(await create("Second"));
    await expect(
      pair(second, odoo.databaseUuid, { as: odoo.actor }),
    ).rejects.toMatchObject(refused);
    await expect(pair(second, odoo.databaseUuid)).rejects.toMatchObject(
      refused,
    );
    // The same once more is how an address or a key is renewed.
    const url = "https://new.example.com";
    const more = { as: odoo.actor, url };
    const renewed = await pair(again, odoo.databaseUuid, more);
    expect(renewed.database).toMatchObject({ url, state: "paired" });
  });

  it("is free again after it was undone, and nothing is kept of the key", async () => {
    const odoo = await TestOdoo.pair(db, tenant);
    await tenant.in((stores) =>
      service().unpair(stores, tenant.actor, odoo.databaseId),
    );
    expect(await odoo.row()).toMatchObject({
      state: "new",
      user_id: null,
      wrapped_key: null,
      url: "",
    });
    const code = await codeOf(odoo.databaseId);
    expect((await pair(code)).database?.user_id).toBe(bridge.id);
  });

  it("keeps the key sealed, and opens it again", async () => {
    const odoo = await TestOdoo.pair(db, tenant);
    const row = await odoo.row();
    const { key } = pairingOf("", "");
    const wrapped = row["wrapped_key"] as Buffer;
    expect(wrapped.toString("latin1")).not.toContain(key);
    expect(
      await tenant.in((stores) => service().keyOf(stores, odoo.databaseId)),
    ).toBe(key);
  });

  it.each([
    ["http://odoo.example.com", "https only"],
    ["https://169.254.169.254", "no address of an Odoo"],
    ["ftp://odoo.example.com", "https address"],
    ["https://a:b@odoo.example.com", "https address"],
  ])("refuses the address %s", async (url, why) => {
    const code = await codeOf(await create());
    await expect(pair(code, randomUUID(), { url })).rejects.toThrow(why);
    expect((await pair(code)).database?.state).toBe("paired");
  });

  it("can be begun by an operator of the gateway", async () => {
    const codes = db.get(PairCodeService);
    const { code } = await codes.issue(organization, "Company");
    const { code: next, expiresAt } = await codes.issue(
      organization,
      "Company",
    );
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now());
    await expect(pair(code)).rejects.toThrow(/none of this organization/);
    expect((await pair(next)).database?.name).toBe("Company");
    await expect(codes.issue("nobody", "x")).rejects.toThrow(
      /no organization "nobody"/,
    );
  });
});
