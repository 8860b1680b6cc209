import type { RpcValue } from "@vworkspace/odoo-rpc";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../../test/db/open-test-database";
import { TestTenant } from "../../../../../../test/db/test-tenant";
import { RecordStore } from "../../../database/records/record-store";
import { SqlRecordStore } from "../../../database/records/sql-record-store";
import { MutationService } from "../../../intent/mutations/mutation.service";
import { ApiKeyService } from "../../../trust/identity/api-key.service";
import type { Role, UserActor } from "../../../trust/identity/domain/actor";
import { OrganizationService } from "../../../trust/identity/organization.service";
import { UserAdminService } from "../../../trust/identity/user-admin.service";
import { UserService } from "../../../trust/identity/user.service";
import { IdentityLinkService } from "../../../trust/people/identity-link.service";
import { SessionService } from "../../../trust/people/session.service";
import { ReadMethods } from "../methods/read.methods";
import { WriteMethods } from "../methods/write.methods";
import { ApiKeyChanges } from "./api-key.changes";
import { makeRegistry } from "./make-registry";
import { OrganizationChanges } from "./organization.changes";
import { UserSessionChanges } from "./user-session.changes";
import { UsersChanges } from "./users.changes";

describe("records of one's own", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let organizationCode: string;

  beforeAll(async () => {
    db = await openTestDatabase();
    db.bindings.bind(RecordStore, SqlRecordStore);
    tenant = await TestTenant.make(db);
    const [row] = await db.look<{ code: string }>(
      "select code from organizations where id = $1",
      [tenant.organizationId],
    );
    organizationCode = row?.code ?? "";
  });
  afterAll(() => db.stop());

  function call(
    actor: UserActor,
    model: string,
    method: string,
    positional: readonly RpcValue[] = [],
  ) {
    const keys = db.get(ApiKeyService);
    const users = new UsersChanges(
      db.get(UserAdminService),
      keys,
      db.get(IdentityLinkService),
    );
    const registry = makeRegistry(
      { disconnectAfterSeconds: 120, publicUrl: () => "" },
      new ReadMethods(db.unitOfWork),
      new WriteMethods(db.get(MutationService)),
      {
        organization: new OrganizationChanges(db.get(OrganizationService)),
        cluster: {},
        catalogEntry: {},
        policy: {},
        applicationInstance: {},
        operation: {},
        operationSchedule: {},
        operationSequence: {},
        apiKey: new ApiKeyChanges(keys),
        userSession: new UserSessionChanges(db.get(SessionService)),
        users,
        odooDatabase: {},
      },
    );
    const wire = "json";
    return registry.call(actor, {
      model,
      method,
      positional,
      keywords: {},
      wire,
    });
  }

  async function userOf(role: Role, login: string): Promise<UserActor> {
    const users = db.get(UserService);
    const { key } = await users.add({ login, role, organizationCode });
    const actor = await users.authenticate(login, key);
    if (!actor) throw new Error(`${login} can't sign in.`);
    return actor;
  }

  const SESSIONS = "vworkspace.user.session";
  const KEYS = "vworkspace.api.key";
  const keysSeenBy = async (actor: UserActor) =>
    (await call(actor, KEYS, "search", [[]])) as number[];
  const issueFor = (actor: UserActor, user: UserActor, scopes = ["all"]) =>
    call(actor, "res.users", "action_issue_api_key", [
      [user.number],
      "a program",
      scopes,
      30,
    ]);

  it("are all that who is no admin sees of the keys, by whatever method", async () => {
    const ann = await userOf("reader", "ann");
    const bob = await userOf("operator", "bob");
    const [annsKey = 0] = await keysSeenBy(ann);
    expect(await keysSeenBy(ann)).toHaveLength(1);
    expect(await call(bob, KEYS, "read", [[annsKey]])).toEqual([]);
    for (const domain of [
      [["id", "=", annsKey]],
      ["|", ["id", "=", annsKey], ["id", "!=", annsKey]],
      ["!", ["id", "=", 0]],
    ]) {
      expect(await call(bob, KEYS, "search", [domain])).not.toContain(annsKey);
      expect(await call(bob, KEYS, "search_count", [domain])).toBeLessThan(2);
    }
    expect(await keysSeenBy(tenant.actor)).toContain(annsKey);
  });

  it("are all that who is no admin can revoke, or issue keys for", async () => {
    const eve = await userOf("reader", "eve");
    const zoe = await userOf("bridge", "zoe");
    const [evesKey = 0] = await keysSeenBy(eve);
    await expect(call(zoe, KEYS, "action_revoke", [[evesKey]])).rejects.toThrow(
      `There is no ${KEYS} with id ${evesKey}.`,
    );
    await expect(issueFor(eve, zoe)).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(issueFor(zoe, zoe)).rejects.toMatchObject({
      code: "forbidden",
    });
    const made = (await issueFor(eve, eve, ["read"])) as { key: string };
    const program = await db.get(UserService).authenticate("eve", made.key);
    if (!program) throw new Error("The key doesn't work.");
    await expect(issueFor(program, program)).rejects.toMatchObject({
      code: "forbidden",
    });
    expect(await keysSeenBy(program)).toHaveLength(2);
    await call(eve, KEYS, "action_revoke", [[evesKey]]);
    await call(tenant.actor, KEYS, "action_revoke", [await keysSeenBy(zoe)]);
  });

  it("are all that who is no admin sees and ends of sessions and linked identities", async () => {
    const amy = await userOf("approver", "amy");
    const ian = await userOf("operator", "ian");
    for (const { id } of [amy, ian]) await tenant.signIn(id);
    for (const model of [SESSIONS, "vworkspace.user.identity"]) {
      expect(await call(ian, model, "search", [[]])).toHaveLength(1);
      const all = await call(tenant.actor, model, "search_count", [[]]);
      expect(all).toBeGreaterThan(1);
    }
    const [amys = 0] = (await call(amy, SESSIONS, "search", [[]])) as number[];
    await expect(
      call(ian, SESSIONS, "action_revoke", [[amys]]),
    ).rejects.toThrow(`There is no ${SESSIONS} with id ${amys}.`);
    await call(amy, SESSIONS, "action_revoke", [[amys]]);
    const [row] = (await call(amy, SESSIONS, "read", [[amys]])) as RpcValue[];
    expect(row).toMatchObject({
      amr: ["pwd"],
      ended_at: expect.stringMatching(/^20/) as string,
    });
    expect(JSON.stringify(row)).not.toContain("secret");
  });

  it("tell nothing of the key itself", async () => {
    const made = (await issueFor(tenant.actor, tenant.actor)) as {
      key: string;
      prefix: string;
    };
    const all = await call(tenant.actor, KEYS, "search_read", [[]]);
    const text = JSON.stringify(all);
    expect(text).toContain(made.prefix);
    expect(text).not.toContain(made.key.slice(made.prefix.length + 1));
    expect(text).not.toContain("secret");
  });

  it("are, of organizations, the one that its admins rename", async () => {
    await TestTenant.make(db);
    const model = "vworkspace.organization";
    const [own, ...more] = (await call(tenant.actor, model, "search", [
      [],
    ])) as number[];
    expect(more).toEqual([]);
    const rename = (actor: UserActor) =>
      call(actor, model, "write", [[own ?? 0], { name: "Acme & Co" }]);
    await rename(tenant.actor);
    const [read] = (await call(tenant.actor, model, "read", [
      [own ?? 0],
      ["code", "name"],
    ])) as RpcValue[];
    expect(read).toEqual({
      id: own,
      code: organizationCode,
      name: "Acme & Co",
    });
    const reader = await userOf("reader", "no-admin@example.com");
    await expect(rename(reader)).rejects.toMatchObject({ code: "forbidden" });
  });

  it("are made and changed by admins", async () => {
    const values = { login: "new", role: "reader" };
    const id = await call(tenant.actor, "res.users", "create", [values]);
    await call(tenant.actor, "res.users", "write", [
      [id ?? 0],
      { role: "admin" },
    ]);
    const [user] = (await call(tenant.actor, "res.users", "read", [
      [id ?? 0],
      ["login", "name", "role", "active"],
    ])) as RpcValue[];
    expect(user).toEqual({
      id,
      login: "new",
      name: "new",
      role: "admin",
      active: true,
    });
  });
});
