import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { UserService } from "./user.service";

describe("users and their API keys", () => {
  let db: TestDatabase;
  let users: UserService;
  const ann = {
    login: "ann",
    role: "operator",
    organizationCode: "acme",
  } as const;

  beforeAll(async () => {
    db = await openTestDatabase();
    users = db.get(UserService);
  });

  afterAll(() => db.stop());

  it("sign in by login or number, with any of their keys", async () => {
    const first = await users.add(ann);
    const second = await users.add(ann);
    expect(second.userId).toBe(first.userId);
    for (const { key } of [first, second]) {
      const actor = await users.authenticate("ann", key);
      expect(actor).toMatchObject({ name: "ann", role: "operator" });
      expect(await users.authenticate(actor?.number ?? 0, key)).toEqual(actor);
    }
  });

  it("are nobody with another's login, a wrong key, an empty one or an endless one", async () => {
    const { key } = await users.add(ann);
    await users.add({ ...ann, login: "bob" });
    expect(await users.authenticate("bob", key)).toBeUndefined();
    for (const wrong of [`${key}x`, key.slice(0, -1), "", "k".repeat(100_000)])
      expect(await users.authenticate("ann", wrong)).toBeUndefined();
  });

  it("of two organizations may have the same login and are two users", async () => {
    const here = await users.add({ ...ann, login: "eve" });
    const there = await users.add({
      ...ann,
      login: "eve",
      organizationCode: "other",
    });
    expect(there.userId).not.toBe(here.userId);
    expect(await users.authenticate("eve", there.key)).toMatchObject({
      organizationId: there.organizationId,
    });
  });

  it("keep their role: a key of another role is refused, and says which one they have", async () => {
    await users.add(ann);
    await expect(users.add({ ...ann, role: "admin" })).rejects.toMatchObject({
      code: "validation_failed",
      message: expect.stringContaining("has the role operator") as string,
    });
  });

  it("lose a key that is revoked or has expired, and everything when they are inactive", async () => {
    const { key, userId } = await users.add({ ...ann, login: "zoe" });
    const signIn = () => users.authenticate("zoe", key);
    const set = (column: string) =>
      db.look(`update api_keys set ${column} where user_id = $1`, [userId]);
    await set("revoked_at = now()");
    expect(await signIn()).toBeUndefined();
    await set("revoked_at = null, expires_at = now() - interval '1 second'");
    expect(await signIn()).toBeUndefined();
    await set("expires_at = now() + interval '1 hour'");
    expect(await signIn()).toBeDefined();
    await db.look("update users set active = false where id = $1", [userId]);
    expect(await signIn()).toBeUndefined();
  });

  it("leave of a key nothing in the database that opens anything, and an audit entry without it", async () => {
    const { key, userId } = await users.add({ ...ann, login: "kim" });
    const secret = key.split("_").at(-1) ?? key;
    const rows = await db.look<{ text: string }>(
      `select k::text as text from api_keys k where user_id = $1
       union all select convert_from(leaf, 'UTF8') from audit_queue`,
      [userId],
    );
    expect(rows.some(({ text }) => text.includes("user.add_key"))).toBe(true);
    expect(rows.filter(({ text }) => text.includes(secret))).toEqual([]);
  });
});
