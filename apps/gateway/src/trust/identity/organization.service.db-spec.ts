import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestTenant } from "../../../../../test/db/test-tenant";
import { OrganizationService } from "./organization.service";
import { UserService } from "./user.service";

jest.setTimeout(30_000);

describe("organizations", () => {
  let db: TestDatabase;
  let organizations: OrganizationService;

  beforeAll(async () => {
    db = await openTestDatabase();
    organizations = db.get(OrganizationService);
  });

  afterAll(() => db.stop());

  const log = async (organizationId: string) =>
    (
      await db.look<{ leaf: string }>(
        "select convert_from(leaf, 'UTF8') as leaf from audit_queue where organization_id = $1 order by number",
        [organizationId],
      )
    ).map(({ leaf }) => JSON.parse(leaf) as { action: string });

  it("are made once, under their code and name, with an entry in their own log", async () => {
    const made = await organizations.add({ code: "acme", name: "Acme GmbH" });
    const again = await organizations.add({ code: "acme", name: "Acme GmbH" });
    const short = await organizations.add({ code: "acme" });
    expect(made).toMatchObject({ name: "Acme GmbH", isNew: true });
    expect([again, short]).toEqual([
      { ...made, isNew: false },
      { ...made, isNew: false },
    ]);
    expect(await log(made.id)).toMatchObject([
      {
        action: "organization.create",
        actor: { type: "system", id: "gateway" },
        subject: { type: "organization", id: made.id, name: "acme" },
      },
    ]);
  });

  it("keep their name, and say so to who gives another", async () => {
    await organizations.add({ code: "north", name: "North" });
    await expect(
      organizations.add({ code: "north", name: "South" }),
    ).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining('with the name "North"') as string,
    });
  });

  it("are made by their first user as well, with the same entry", async () => {
    const user = { login: "ann", role: "admin", organizationCode: "west" };
    const { organizationId } = await db
      .get(UserService)
      .add({ ...user, role: "admin" });
    await db.get(UserService).add({ ...user, role: "admin" });
    const actions = (await log(organizationId)).map(({ action }) => action);
    expect(actions).toEqual([
      "organization.create",
      "user.create",
      "user.add_key",
      "user.add_key",
    ]);
    expect(await organizations.add({ code: "west" })).toMatchObject({
      id: organizationId,
      name: "west",
      isNew: false,
    });
  });

  it("are one where two make it at once", async () => {
    const made = await Promise.all(
      Array.from({ length: 8 }, () => organizations.add({ code: "rush" })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  it("are renamed by an admin of their own, with an entry of it, and nothing else is", async () => {
    const tenant = await TestTenant.make(db);
    const other = await TestTenant.make(db);
    const names = async () =>
      db.look<{ name: string }>(
        "select name from organizations where id = any($1) order by number",
        [[tenant.organizationId, other.organizationId]],
      );
    const [, foreign] = await names();
    const rename = (name: string) =>
      tenant.in((stores) => organizations.rename(stores, tenant.actor, name));
    await rename("Acme & Co");
    await rename("Acme & Co");
    expect(await names()).toEqual([{ name: "Acme & Co" }, foreign]);
    const told = (await tenant.audit()).filter(
      ({ action }) => action === "organization.write",
    );
    expect(told).toMatchObject([
      {
        subject: { type: "organization", id: tenant.organizationId },
        actor: { key_id: tenant.actor.key?.id },
        detail: { to: "Acme & Co" },
      },
    ]);
    await expect(rename(" ")).rejects.toMatchObject({
      code: "validation_failed",
    });
  });

  it.each([
    ["a code with capitals", { code: "Acme" }],
    ["no code", { code: "" }],
    ["a code that is too long", { code: "a".repeat(64) }],
    ["an empty name", { code: "east", name: " " }],
    ["a name that can't be stored", { code: "east", name: "a\0b" }],
  ])("are refused with %s, and not made", async (_, wanted) => {
    await expect(organizations.add(wanted)).rejects.toMatchObject({
      code: "validation_failed",
    });
    const codes = (await organizations.list()).map(({ code }) => code);
    expect(codes).not.toContain(wanted.code);
  });
});
