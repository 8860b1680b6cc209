import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestTenant } from "../../../../../test/db/test-tenant";
import { AuditStore } from "../audit/domain/audit-store";
import { ApiKeyService } from "./api-key.service";
import { ApiKeyUseService } from "./api-key-use.service";
import type { Role, UserActor } from "./domain/actor";
import type { KeyRequest } from "./domain/key-request";
import { FailedSignIns } from "./failed-sign-ins.service";
import { UserAdminService, type UserChanges } from "./user-admin.service";
import { UserService } from "./user.service";

describe("people and programs of an organization", () => {
  let db: TestDatabase;
  let tenant: TestTenant;

  beforeAll(async () => {
    db = await openTestDatabase();
  });
  beforeEach(async () => {
    tenant = await TestTenant.make(db);
  });
  afterAll(() => db.stop());

  const make = (role: Role, login = `${role}@example.com`) =>
    tenant.in((stores) =>
      db
        .get(UserAdminService)
        .create(stores, tenant.actor, { login, name: login, role }),
    );
  const change = (id: string, changes: UserChanges, actor = tenant.actor) =>
    tenant.in((stores) =>
      db.get(UserAdminService).change(stores, actor, id, changes),
    );
  const issue = (
    userId: string,
    request: Partial<KeyRequest> = {},
    actor: UserActor = tenant.actor,
  ) =>
    tenant.in((stores) =>
      db.get(ApiKeyService).issue(stores, actor, userId, {
        name: "for a test",
        scopes: ["all"],
        days: undefined,
        ...request,
      }),
    );
  const signIn = (login: string, key: string) =>
    db.get(UserService).authenticate(login, key);

  it("are made by an admin, and get keys that work until they are revoked", async () => {
    const id = await make("reader");
    const { key, prefix, id: keyId } = await issue(id, { days: 7 });
    expect(key.startsWith(`${prefix}_`)).toBe(true);
    expect(await signIn("reader@example.com", key)).toMatchObject({
      id,
      role: "reader",
      key: { id: keyId, scopes: ["all"], expiresAt: expect.any(Date) as Date },
    });
    await tenant.in((stores) =>
      db.get(ApiKeyService).revoke(stores, tenant.actor, keyId),
    );
    expect(await signIn("reader@example.com", key)).toBeUndefined();
  });

  it("leave in the log who issued which key, by ids and the prefix, never the key", async () => {
    const id = await make("operator");
    const { key, prefix, id: keyId } = await issue(id, { scopes: ["read"] });
    const entries = await tenant.audit();
    expect(entries.at(-1)).toMatchObject({
      action: "user.add_key",
      subject: { type: "user", id },
      detail: {
        key_id: keyId,
        key_prefix: prefix,
        scopes: ["read"],
      },
      actor: { key_id: tenant.actor.key?.id },
    });
    const secret = key.slice(prefix.length + 1);
    const kept = await db.look<{ text: string }>(
      "select k::text as text from api_keys k union all select convert_from(leaf, 'UTF8') from audit_queue",
    );
    expect(kept.filter(({ text }) => text.includes(secret))).toEqual([]);
  });

  it("can't be given a key that is wider than the one that asks, nor one of their own that lasts longer", async () => {
    const id = await make("admin", "second@example.com");
    const day = await issue(id, {
      scopes: ["models:res.users", "read"],
      days: 1,
    });
    const narrow = await signIn("second@example.com", day.key);
    if (!narrow) throw new Error("The key doesn't work.");
    for (const scopes of [["all"], ["models:vworkspace.cluster"]])
      await expect(issue(id, { scopes }, narrow)).rejects.toMatchObject({
        code: "forbidden",
      });
    await expect(
      issue(tenant.actor.id, { scopes: ["all"] }, narrow),
    ).rejects.toMatchObject({ code: "forbidden" });
    const next = await issue(id, { scopes: ["read"], days: 30 }, narrow);
    expect(next.expiresAt).toEqual(narrow.key?.expiresAt);
  });

  it("can't change their own role or state, whatever they are", async () => {
    await make("admin", "second@example.com");
    const own = tenant.actor.id;
    for (const changes of [{ role: "approver" as const }, { active: false }])
      await expect(change(own, changes)).rejects.toMatchObject({
        code: "forbidden",
      });
    await change(own, { name: "Ada" });
  });

  it("always have an admin, also when two remove each other at once", async () => {
    const id = await make("admin", "second@example.com");
    const { key } = await issue(id);
    const second = await signIn("second@example.com", key);
    if (!second) throw new Error("The key doesn't work.");
    const outcomes = await Promise.allSettled([
      change(id, { active: false }),
      change(tenant.actor.id, { role: "reader" }, second),
    ]);
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject([{ reason: { code: "conflict" } }]);
    const admins = await db.look(
      "select id from users where organization_id = $1 and role = 'admin' and active",
      [tenant.organizationId],
    );
    expect(admins).toHaveLength(1);
  });

  it("can't sign in while they aren't active, and have the role that they were changed to", async () => {
    const id = await make("reader");
    const { key } = await issue(id);
    await change(id, { role: "operator" });
    expect(await signIn("reader@example.com", key)).toMatchObject({
      role: "operator",
    });
    await change(id, { active: false });
    expect(await signIn("reader@example.com", key)).toBeUndefined();
    await expect(issue(id)).rejects.toMatchObject({ code: "conflict" });
  });

  it("have twenty keys at most, and a login of their own", async () => {
    const id = await make("reader");
    for (let count = 0; count < 20; count += 1) await issue(id);
    await expect(issue(id)).rejects.toMatchObject({ code: "conflict" });
    await expect(make("reader")).rejects.toMatchObject({
      code: "already_exists",
    });
  });

  it("are refused keys with wrong names, scopes and days", async () => {
    const id = await make("reader");
    const wrong: Partial<KeyRequest>[] = [
      { name: " " },
      { scopes: [] },
      { scopes: ["everything"] },
      { days: 0 },
      { days: 1.5 },
      { days: Infinity },
    ];
    for (const request of wrong)
      await expect(issue(id, request)).rejects.toMatchObject({
        code: "validation_failed",
      });
  });

  it("are seen to use their keys, without a write per call", async () => {
    const id = await make("reader");
    const { key, id: keyId } = await issue(id);
    const lastUsed = async () =>
      (
        await db.look<{ at: Date | null }>(
          "select last_used_at as at from api_keys where id = $1",
          [keyId],
        )
      )[0]?.at;
    await signIn("reader@example.com", key);
    expect(await lastUsed()).toBeNull();
    await db.get(ApiKeyUseService).flush();
    expect(await lastUsed()).toBeInstanceOf(Date);
  });

  describe("of whom somebody tries keys", () => {
    /** What is told of failed attempts, oldest first. */
    async function evidence() {
      const rows = await db.look<{
        detail: unknown;
        address: string | null;
        subject: string;
      }>(
        `select entry -> 'detail' as detail, entry #>> '{subject,id}' as subject, a.address
         from (select organization_id, number, convert_from(leaf, 'UTF8')::jsonb as entry from audit_queue) q
         left join audit_addresses a on a.organization_id = q.organization_id and a.hash = q.entry #>> '{from,address_hash}'
         where q.organization_id = $1 and entry ->> 'action' = 'user.sign_in_failed' order by number`,
        [tenant.organizationId],
      );
      return rows;
    }

    it("have one entry for each address, however often it was tried, by login or number", async () => {
      const failed = db.get(FailedSignIns);
      const id = await make("reader", "tried@example.com");
      const [row] = await db.look<{ number: number }>(
        "select number from users where id = $1",
        [id],
      );
      for (let count = 0; count < 20; count += 1)
        failed.note({ login: "tried@example.com", address: "192.0.2.7" });
      failed.note({ login: row?.number, address: "192.0.2.8" });
      failed.note({ login: "nobody@example.com", address: "192.0.2.9" });
      failed.note({ login: undefined, address: "192.0.2.9" });
      // What no user can have doesn't keep the others' from being written.
      for (const login of ["tried\u0000", "\ud800", 2 ** 31, 2 ** 53 - 1])
        failed.note({ login, address: "192.0.2.9" });
      await failed.flush();
      await failed.flush();
      expect(await evidence()).toEqual([
        { subject: id, detail: { attempts: 20 }, address: "192.0.2.7" },
        { subject: id, detail: { attempts: 1 }, address: "192.0.2.8" },
      ]);
    });

    it("are told of where there are many logins too, up to a number", async () => {
      const failed = db.get(FailedSignIns);
      await make("reader", "last@example.com");
      for (let count = 0; count < 1000; count += 1)
        failed.note({ login: `guess-${count}`, address: "192.0.2.7" });
      failed.note({ login: "last@example.com", address: "192.0.2.7" });
      await failed.flush();
      expect(await evidence()).toEqual([]);
      failed.note({ login: "last@example.com", address: "192.0.2.7" });
      await failed.flush();
      expect(await evidence()).toHaveLength(1);
    });
  });

  it("leave the address and the key of what they do, by hash and id", async () => {
    const id = await make("operator");
    const { key, id: keyId } = await issue(id);
    const actor = await signIn("operator@example.com", key);
    if (!actor) throw new Error("The operator can't sign in.");
    const address = "2001:db8::7";
    await tenant.in((stores) =>
      stores
        .get(AuditStore)
        .append(
          { ...actor, address },
          { action: "test.do", subject: { type: "user", id } },
        ),
    );
    const leaf = (await tenant.audit()).find((one) => one.action === "test.do");
    expect(leaf?.actor).toMatchObject({ id, key_id: keyId });
    expect(JSON.stringify(leaf)).not.toContain(address);
    const named = await db.look<{ address: string }>(
      "select address from audit_addresses where organization_id = $1 and hash = $2",
      [tenant.organizationId, leaf?.from?.address_hash],
    );
    expect(named).toEqual([{ address }]);
  });
});
