import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestTenant } from "../../../../../test/db/test-tenant";
import { SweepService } from "../../delivery/sweep/sweep.service";
import type { UserActor } from "../identity/domain/actor";
import { UserAdminService } from "../identity/user-admin.service";
import { UserService } from "../identity/user.service";
import { IdentityLinkService } from "./identity-link.service";
import { SessionService } from "./session.service";

const ISSUER = "https://login.example.com/";

describe("people behind users", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let links: IdentityLinkService;
  let sessions: SessionService;

  beforeAll(async () => {
    db = await openTestDatabase();
    links = db.get(IdentityLinkService);
    sessions = db.get(SessionService);
  });
  beforeEach(async () => {
    tenant = await TestTenant.make(db);
  });
  afterAll(() => db.stop());

  const makeUser = (login = "ben@example.com") =>
    tenant.in((stores) =>
      db.get(UserAdminService).create(stores, tenant.actor, {
        login,
        name: login,
        role: "approver",
      }),
    );
  const link = (userId: string, subject: string, issuer = ISSUER) =>
    tenant.in((stores) =>
      links.link(stores, tenant.actor, userId, { issuer, subject }),
    );
  const unlink = (userId: string, subject: string) =>
    tenant.in((stores) =>
      links.unlink(stores, tenant.actor, userId, { issuer: ISSUER, subject }),
    );
  const personOf = (subject: string, issuer = ISSUER) => ({
    identity: { issuer, subject },
    authenticatedAt: new Date(Date.now() - 60_000),
    amr: ["pwd", "otp"],
    shownAs: undefined,
  });
  async function signIn(subject: string) {
    const person = personOf(subject);
    const [user] = await sessions.usersOf(person);
    return (
      user &&
      sessions.start(user, person, { address: "192.0.2.1", seconds: 3600 })
    );
  }
  async function secretOf(subject: string): Promise<string> {
    const session = await signIn(subject);
    if (!session) throw new Error(`${subject} got no session.`);
    return session.secret;
  }
  const idOf = async (secret: string) =>
    (await sessions.authenticate(secret))?.actor.session.id ?? "";
  const revoke = (id: string, actor: UserActor = tenant.actor) =>
    tenant.in((stores) => sessions.revoke(stores, actor, id));

  it("are linked by issuer and subject alone, and are then known with how and when they proved themselves", async () => {
    const id = await makeUser();
    await link(id, `ben-${id}`);
    const secret = await secretOf(`ben-${id}`);
    expect(await sessions.authenticate(secret)).toMatchObject({
      displayName: "ben@example.com",
      actor: {
        type: "user",
        id,
        name: "ben@example.com",
        role: "approver",
        organizationId: tenant.organizationId,
        session: {
          issuer: ISSUER,
          amr: ["pwd", "otp"],
          authenticatedAt: expect.any(Date) as Date,
        },
      },
    });
    expect(await sessions.usersOf(personOf("ben@example.com"))).toEqual([]);
    expect(
      await sessions.usersOf(personOf(`ben-${id}`, "https://other.example/")),
    ).toEqual([]);
  });

  it("are the same with the issuer's other spelling, and linking them twice changes nothing", async () => {
    const id = await makeUser();
    await link(id, `s-${id}`, "https://LOGIN.example.com");
    await link(id, `s-${id}`);
    expect(await signIn(`s-${id}`)).toBeDefined();
    const actions = await tenant.auditActions();
    expect(actions.filter((one) => one === "user.link_identity")).toHaveLength(
      1,
    );
  });

  it("are one user of an organization, and may be another one elsewhere", async () => {
    const first = await makeUser();
    const second = await makeUser("second@example.com");
    await link(first, `s-${first}`);
    await expect(link(second, `s-${first}`)).rejects.toMatchObject({
      code: "already_exists",
    });
    const here = tenant;
    tenant = await TestTenant.make(db);
    await link(tenant.actor.id, `s-${first}`);
    const users = await sessions.usersOf(personOf(`s-${first}`));
    expect(users.map(({ organizationId }) => organizationId).sort()).toEqual(
      [here.organizationId, tenant.organizationId].sort(),
    );
  });

  it("are refused with issuers and subjects that are none", async () => {
    const id = await makeUser();
    for (const issuer of ["", "login", "ftp://x", "https://x?y", "https://x#y"])
      await expect(link(id, "s", issuer)).rejects.toMatchObject({
        code: "validation_failed",
      });
    for (const subject of ["", "a\nb", "a\u0000", "x".repeat(256)])
      await expect(link(id, subject)).rejects.toMatchObject({
        code: "validation_failed",
      });
  });

  it("have ten identities at most", async () => {
    const id = await makeUser();
    for (let count = 0; count < 10; count += 1)
      await link(id, `${id}-${count}`);
    await expect(link(id, `${id}-10`)).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("lose their sessions with the link, for good", async () => {
    const id = await makeUser();
    await link(id, `s-${id}`);
    const secret = await secretOf(`s-${id}`);
    await unlink(id, `s-${id}`);
    expect(await sessions.authenticate(secret)).toBeUndefined();
    await expect(unlink(id, `s-${id}`)).rejects.toMatchObject({
      code: "not_found",
    });
    await link(id, `s-${id}`);
    expect(await sessions.authenticate(secret)).toBeUndefined();
    expect(await signIn(`s-${id}`)).toBeDefined();
  });

  it("lose a session that is revoked, has expired, or whose user is no longer active, at the next request", async () => {
    const id = await makeUser();
    await link(id, `s-${id}`);
    const revoked = await secretOf(`s-${id}`);
    const expired = await secretOf(`s-${id}`);
    const other = await secretOf(`s-${id}`);
    await revoke(await idOf(revoked));
    expect(await sessions.authenticate(revoked)).toBeUndefined();
    await db.look(
      "update user_sessions set expires_at = now() - interval '1 second' where id = $1",
      [await idOf(expired)],
    );
    expect(await sessions.authenticate(expired)).toBeUndefined();
    expect(await sessions.authenticate(other)).toBeDefined();
    const set = (active: boolean) =>
      tenant.in((stores) =>
        db.get(UserAdminService).change(stores, tenant.actor, id, { active }),
      );
    await set(false);
    expect(await sessions.authenticate(other)).toBeUndefined();
    expect(await signIn(`s-${id}`)).toBeUndefined();
    expect((await tenant.audit()).at(-1)).toMatchObject({
      action: "user.refuse_sign_in",
      from: { address_hash: expect.any(String) as string },
      detail: { reason: "inactive" },
    });
  });

  it("can't have a session of somebody else revoked from another organization", async () => {
    const { secret } = await tenant.signIn();
    const id = await idOf(secret);
    tenant = await TestTenant.make(db);
    await expect(revoke(id)).rejects.toMatchObject({ code: "not_found" });
    expect(await sessions.authenticate(secret)).toBeDefined();
  });

  it("leave in the log who linked whom and who came and went, without secrets or subjects", async () => {
    const { secret, subject } = await tenant.signIn();
    const signedIn = await sessions.authenticate(secret);
    if (!signedIn) throw new Error("The session doesn't count.");
    await sessions.signOut(signedIn);
    await sessions.signOut(signedIn);
    const entries = await tenant.audit();
    const identity = expect.any(String) as string;
    expect(entries.slice(-3)).toMatchObject([
      {
        action: "user.link_identity",
        subject: { type: "user", id: tenant.actor.id },
        detail: { identity_id: identity, issuer: ISSUER },
      },
      {
        action: "user.sign_in",
        detail: {
          session_id: signedIn.actor.session.id,
          identity_id: identity,
          issuer: ISSUER,
        },
        from: { address_hash: expect.any(String) as string },
      },
      {
        action: "user.sign_out",
        detail: { session_id: signedIn.actor.session.id },
      },
    ]);
    const text = JSON.stringify(entries);
    expect(text).not.toContain(subject);
    const kept = await db.look<{ text: string }>(
      "select s::text as text from user_sessions s",
    );
    const all = `${text}${kept.map((row) => row.text).join()}`;
    expect(all).not.toContain(secret.slice(4));
  });

  it("have no API key by their session, nor a session by a key or anything else", async () => {
    const { secret } = await tenant.signIn();
    const users = db.get(UserService);
    expect(await users.authenticate(tenant.actor.name, secret)).toBeUndefined();
    const { key } = await users.add({
      login: "key@example.com",
      role: "admin",
      organizationCode: "keys",
    });
    const wrong = [
      key,
      "",
      `${secret}x`,
      secret.slice(0, -1),
      "vws_",
      `vws_${"a".repeat(43)}`,
    ];
    for (const one of wrong)
      expect(await sessions.authenticate(one)).toBeUndefined();
  });

  it("are forgotten a while after they have gone, the sessions before the links", async () => {
    const { secret } = await tenant.signIn();
    const kept = await tenant.signIn();
    const id = await idOf(secret);
    await db.look(
      "update user_sessions set ended_at = now() - interval '31 days' where id = $1",
      [id],
    );
    await db.look(
      "update user_identities set ended_at = now() - interval '121 days' where id in (select identity_id from user_sessions where id = $1)",
      [id],
    );
    await db.get(SweepService).keepHouse(400);
    const count = async (table: string) =>
      (
        await db.look(
          `select 1 from ${table} where organization_id = '${tenant.organizationId}'`,
        )
      ).length;
    expect([
      await count("user_sessions"),
      await count("user_identities"),
    ]).toEqual([1, 1]);
    expect(await sessions.authenticate(kept.secret)).toBeDefined();
  });
});
