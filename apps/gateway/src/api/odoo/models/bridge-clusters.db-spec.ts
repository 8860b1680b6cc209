import type { RpcStruct, RpcValue } from "@vworkspace/odoo-rpc";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../../test/db/open-test-database";
import { TestOdoo } from "../../../../../../test/db/test-odoo";
import { BARE_PROOF, TestTenant } from "../../../../../../test/db/test-tenant";
import { RecordStore } from "../../../database/records/record-store";
import { SqlRecordStore } from "../../../database/records/sql-record-store";
import { JobService } from "../../../delivery/jobs/job.service";
import { ClusterService } from "../../../fleet/clusters/cluster.service";
import { CredentialService } from "../../../fleet/clusters/credential.service";
import { MutationService } from "../../../intent/mutations/mutation.service";
import { PolicyService } from "../../../intent/policies/policy.service";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { ReadMethods } from "../methods/read.methods";
import { WriteMethods } from "../methods/write.methods";
import type { ModelRegistry } from "../registry/model-registry";
import { ClusterChanges } from "./cluster.changes";
import { makeRegistry } from "./make-registry";
import { PolicyChanges } from "./policy.changes";

const CLUSTER = "vworkspace.cluster";
const POLICY = "vworkspace.policy";
const ASKING = { on_behalf_of: { odoo_uid: 7, login: "anna" } };

describe("a bridge that keeps clusters", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let odoo: TestOdoo;
  let registry: ModelRegistry;

  beforeAll(async () => {
    db = await openTestDatabase();
    db.bindings.bind(RecordStore, SqlRecordStore);
    registry = registryOn(db);
  });
  afterAll(() => db?.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    odoo = await TestOdoo.pair(db, tenant);
  });

  function callAs(
    actor: UserActor,
    [model, method]: readonly [string, string],
    named: RpcStruct,
  ): Promise<RpcValue | undefined> {
    const isBridge = actor.role === "bridge";
    const context = isBridge
      ? { database_uuid: odoo.databaseUuid, ...ASKING }
      : {};
    return registry.call(actor, {
      model,
      method,
      positional: [],
      keywords: { ...named, context },
      wire: "json",
    });
  }
  const call = (model: string, method: string, named: RpcStruct) =>
    callAs(odoo.actor, [model, method], named);
  const add = async (code = "linz"): Promise<number> => {
    const vals = { code, name: code };
    const made = await call(CLUSTER, "create", { vals_list: [vals] });
    return (made as [number])[0];
  };
  const issue = async (id: number, actor = odoo.actor): Promise<string> => {
    const method = [CLUSTER, "action_issue_registration_token"] as const;
    const issued = await callAs(actor, method, { ids: [id] });
    return (issued as { token: string }).token;
  };
  const register = (token: string) =>
    db.get(CredentialService).register(token, {}, BARE_PROOF);
  const upsertPolicy = (version: number, more: RpcStruct) =>
    call(POLICY, "upsert", {
      vals_list: [
        {
          external_ref: "policy-1",
          intent_version: version,
          name: "All",
          ...more,
        },
      ],
    });

  it("adds one, gets the token of its first agent, and switches it off, on and off for good", async () => {
    const id = await add();
    const { token } = await register(await issue(id));
    const state = async () => {
      const named = { ids: [id], fields: ["state"] };
      const read = await call(CLUSTER, "read", named);
      return (read as [RpcStruct])[0]["state"];
    };
    expect(await state()).toBe("active");
    for (const [order, expected] of [
      ["action_disable", "disabled"],
      ["action_enable", "active"],
      ["action_revoke", "revoked"],
    ] as const) {
      await call(CLUSTER, order, { ids: [id] });
      expect(await state()).toBe(expected);
    }
    await expect(
      db.get(CredentialService).authenticate(token, BARE_PROOF),
    ).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("is in the audit log with whom it names, and reads that there", async () => {
    const id = await add();
    await issue(id);
    await call(CLUSTER, "action_disable", { ids: [id] });
    const named = {
      domain: [["subject", "=", "cluster:linz"]],
      fields: ["action", "on_behalf_of", "actor"],
    };
    const entries = await call("vworkspace.audit.entry", "search_read", named);
    expect(entries).toEqual(
      [
        "cluster.disable",
        "cluster.issue_registration_token",
        "cluster.create",
      ].map((action) => ({
        id: expect.any(Number) as number,
        action,
        actor: `user:${odoo.actor.name}`,
        on_behalf_of: { odoo_uid: 7, login_hash: expect.any(String) as string },
      })),
    );
  });

  it("gets no token with which another agent takes the place of one", async () => {
    const id = await add();
    const kept = await issue(id);
    await register(await issue(id));
    const isRefused = expect.objectContaining({
      code: "forbidden",
      message: expect.stringContaining("issued by an admin") as string,
    }) as unknown;
    await expect(issue(id)).rejects.toEqual(isRefused);
    await expect(register(kept)).rejects.toMatchObject({
      code: "unauthenticated",
    });
    await register(await issue(id, tenant.actor));
  });

  it("gets none either once the agent's credential has ended", async () => {
    const id = await add();
    await register(await issue(id));
    await db.look(
      "update cluster_credentials set expires_at = now(), revoked_at = now() where organization_id = $1",
      [tenant.organizationId],
    );
    await expect(issue(id)).rejects.toMatchObject({ code: "forbidden" });
  });

  it.each([
    ["action_confirm_registration", { key_thumbprint: "" }],
    ["action_rotate_credentials", {}],
    ["write", { vals: { token_mode: "bearer" } }],
  ])("may not call %s", async (method, named) => {
    const ids = [await add()];
    await expect(call(CLUSTER, method, { ids, ...named })).rejects.toThrow(
      /^The role bridge may not call/,
    );
  });

  it("can ask for an admin's word on registrations, and can't do without it again", async () => {
    await upsertPolicy(1, { confirm_registration: true });
    const id = await add();
    await register(await issue(id));
    const isForbidden = { code: "forbidden" };
    await expect(
      upsertPolicy(2, { confirm_registration: false }),
    ).rejects.toMatchObject(isForbidden);
    await expect(upsertPolicy(2, { cluster_id: "linz" })).rejects.toMatchObject(
      isForbidden,
    );
    await upsertPolicy(2, { name: "All of it" });
    const rows = await db.look(
      `select c.state, p.name, p.confirm_registration, p.cluster_id from clusters c
       join policies p on p.organization_id = c.organization_id where c.organization_id = $1`,
      [tenant.organizationId],
    );
    expect(rows).toEqual([
      {
        state: "pending",
        name: "All of it",
        confirm_registration: true,
        cluster_id: null,
      },
    ]);
    const confirm = [CLUSTER, "action_confirm_registration"] as const;
    await callAs(tenant.actor, confirm, { ids: [id], key_thumbprint: "" });
    await expect(issue(id)).rejects.toMatchObject(isForbidden);
  });
});

function registryOn(db: TestDatabase): ModelRegistry {
  const options = {
    disconnectAfterSeconds: 120,
    publicUrl: () => "https://gateway.example.com",
    databases: [],
  };
  const [clusters, jobs] = [db.get(ClusterService), db.get(JobService)];
  return makeRegistry(
    options,
    new ReadMethods(db.unitOfWork),
    new WriteMethods(db.get(MutationService)),
    {
      organization: {},
      cluster: new ClusterChanges(clusters, jobs, options),
      catalogEntry: {},
      policy: new PolicyChanges(db.get(PolicyService)),
      applicationInstance: {},
      operation: {},
      operationSchedule: {},
      operationSequence: {},
      apiKey: {},
      userSession: {},
      users: {},
      odooDatabase: {},
    },
  );
}
