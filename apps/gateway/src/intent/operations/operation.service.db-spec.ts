import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestOperations } from "../../../../../test/db/test-operations";
import { TestTenant } from "../../../../../test/db/test-tenant";
import type { UserActor } from "../../trust/identity/domain/actor";
import { InstanceService } from "../instances/instance.service";
import { OperationService } from "./operation.service";

describe("intent for operations", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let operations: TestOperations;
  let instance: string;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    operations = await TestOperations.make(db);
    ({ tenant } = operations);
  });

  const allow = async (limits: Parameters<TestTenant["allow"]>[0] = {}) => {
    instance = await operations.instance(limits);
  };
  const service = () => db.get(OperationService);
  const isRefused = (call: Promise<unknown>, why: RegExp | string) =>
    expect(call).rejects.toThrow(why);
  const approve = (id: string, actor: UserActor = tenant.actor) =>
    tenant.in((stores) => service().approve(stores, actor, id));
  const cancel = (id: string) =>
    tenant.in((stores) => service().cancel(stores, tenant.actor, id));

  describe("asked for", () => {
    beforeEach(() => allow({ allowed_operations: ["*/*"] }));

    it("is on its way as a whole manifest under a name that the gateway made", async () => {
      const { id, name } = await operations.create(instance, {
        parameters_json: '{"retention":"30d"}',
        require_ready: true,
        timeout_seconds: 600,
      });
      expect(name).toMatch(/^shop-backup-[0-9a-f]{8}$/);
      expect(await operations.carry()).toMatchObject([
        {
          kind: "apply",
          idempotencyKey: `operation/prod/${name}@1`,
          payload: {
            apiVersion: "ops.vworkspace.io/v1alpha1",
            kind: "Operation",
            metadata: {
              name,
              namespace: "prod",
              annotations: {
                "vworkspace.io/requested-by": `user/${tenant.actor.id}`,
                "vworkspace.io/intent-generation": "1",
              },
            },
            spec: {
              targetRef: { kind: "ApplicationInstance", name: "shop" },
              type: "Backup",
              engine: "velero",
              parameters: { ttl: "30d" },
              policy: { requireReady: true, timeoutSeconds: 600 },
            },
          },
        },
      ]);
      expect(await operations.row(id)).toMatchObject({ state: "requested" });
      expect(await tenant.auditActions()).toContain("operation.create");
    });

    it("again under the same external_ref is the one that is there", async () => {
      const more = { external_ref: "op/1" };
      const { id } = await operations.create(instance, more);
      expect((await operations.create(instance, more)).id).toBe(id);
      await isRefused(
        operations.create(instance, { ...more, exclusive: true }),
        "another operation of that external_ref",
      );
    });

    it.each([
      ['{"tll":"30d"}', "spec.parameters.tll is no parameter"],
      ['{"ttl":1}', "spec.parameters.ttl"],
      ["[]", "parameters_json is no JSON object"],
      ['{"a":', "parameters_json is no JSON object"],
    ])("with parameters %s is refused by name", async (text, why) => {
      const more = { parameters_json: text };
      await isRefused(operations.create(instance, more), why);
      expect(await operations.carry()).toEqual([]);
    });

    it("of a type that the engine doesn't know, or without what it needs, is refused", async () => {
      await isRefused(
        operations.create(instance, { type: "Upgrade" }),
        "spec.type must be one of Backup, Restore, Migration",
      );
      await isRefused(
        operations.create(instance, { type: "Restore" }),
        "spec.parameters.backupName is required",
      );
    });

    it("with a secret in a patch of values, or with none at all, is refused", async () => {
      const upgrade = { type: "Upgrade", engine: "helm" } as const;
      const withParameters = (parameters: object) =>
        operations.create(instance, {
          ...upgrade,
          parameters_json: JSON.stringify(parameters),
        });
      await isRefused(
        withParameters({ valuesPatch: { db: { password: "hunter2" } } }),
        /valuesPatch\.db\.password looks like a secret/,
      );
      await isRefused(withParameters({}), "names no change");
      await isRefused(withParameters({ rollbackTo: 3 }), "action_rollback");
    });

    it("on an instance that is being removed, or of somebody else, is refused", async () => {
      await tenant.in((stores) =>
        db.get(InstanceService).remove(stores, tenant.actor, instance),
      );
      await isRefused(operations.create(instance), "is deleting");
      const other = await TestTenant.make(db);
      await other.allow();
      const foreign = await other.createInstance((await other.cluster()).id);
      await isRefused(operations.create(foreign), "There is no such");
    });
  });

  it("is refused where policy doesn't name it, which names backups where it says nothing", async () => {
    await allow();
    await operations.create(instance);
    await expect(
      operations.create(instance, {
        type: "Restore",
        parameters_json: '{"backupName":"b"}',
      }),
    ).rejects.toMatchObject({
      code: "policy_denied",
      details: { rule: "allowed_operations", value: "Restore/velero" },
    });
  });

  describe("that needs an approval", () => {
    beforeEach(() =>
      allow({ require_approval_for: ["Backup/*"], four_eyes: true }),
    );

    it("waits for it, says so to the cluster, and goes on with who agreed and when", async () => {
      const { id } = await operations.create(instance);
      expect(await operations.carry()).toMatchObject([
        { payload: { spec: { approvals: { required: true } } } },
      ]);
      await operations.tell(id, ["Accepted True AdmissionPassed"]);
      expect((await operations.row(id)).state).toBe("awaiting_approval");
      const approver = await operations.userOf("approver");
      await approve(id, approver);
      expect((await operations.row(id)).state).toBe("delivering");
      const [job] = await operations.carry();
      expect(job?.payload).toMatchObject({
        spec: {
          approvals: {
            required: true,
            approvedBy: `user/${approver.id}`,
            approvedAt: expect.stringMatching(/Z$/) as string,
          },
        },
      });
      const [row] = await db.look(
        "select approval_state, approved_by, approved_at is not null as told from operations where id = $1",
        [id],
      );
      expect(row).toEqual({
        approval_state: "approved",
        approved_by: approver.id,
        told: true,
      });
      await isRefused(approve(id, approver), "approved already");
      // Where the agent doesn't take the claim, it keeps it waiting.
      await operations.tell(id, ["Blocked True AwaitingApproval"]);
      expect((await operations.row(id)).state).toBe("awaiting_approval");
      const approvals = (await tenant.audit()).filter(
        ({ action }) => action === "operation.approve",
      );
      expect(approvals.map(({ actor }) => actor["id"])).toEqual([approver.id]);
    });

    it("is not approved by who asked for it, where policy wants four eyes", async () => {
      const { id } = await operations.create(instance);
      await expect(approve(id)).rejects.toMatchObject({
        code: "policy_denied",
        details: { rule: "four_eyes" },
      });
      expect((await operations.row(id)).state).toBe("awaiting_approval");
    });

    it("ends when it is rejected, and its object is removed", async () => {
      const { id, name } = await operations.create(instance);
      await operations.carry();
      const approver = await operations.userOf("approver");
      const reject = () =>
        tenant.in((stores) =>
          service().reject(stores, approver, id, "not on a Friday"),
        );
      await reject();
      expect(await operations.row(id)).toMatchObject({
        state: "cancelled",
        reason: "Rejected",
        message: "not on a Friday",
      });
      expect(await operations.carry()).toMatchObject([
        { kind: "delete", payload: { name } },
      ]);
      await operations.tell(id, ["Blocked True AwaitingApproval"]);
      expect((await operations.row(id)).state).toBe("cancelled");
      await isRefused(reject(), "it has ended");
      expect(await tenant.auditActions()).toContain("operation.reject");
    });
  });

  describe("under way", () => {
    beforeEach(() => allow());

    it("is asked to stop once, under its next generation", async () => {
      const { id, name } = await operations.create(instance);
      await operations.carry();
      await operations.tell(id, ["Running True EngineStarted"]);
      await cancel(id);
      await cancel(id);
      expect(await operations.carry()).toMatchObject([
        {
          idempotencyKey: `operation/prod/${name}@2`,
          payload: { spec: { cancel: true } },
        },
      ]);
      expect((await operations.row(id)).state).toBe("running");
      await operations.tell(id, ["Cancelled True UserCancelled"]);
      expect((await operations.row(id)).state).toBe("cancelled");
      await isRefused(cancel(id), "it has ended");
    });

    it("can be asked for once more when it has failed, and not before", async () => {
      const { id } = await operations.create(instance, { exclusive: true });
      const retry = () =>
        tenant.in((stores) => service().retry(stores, tenant.actor, id));
      await isRefused(retry(), "only one that failed or was cancelled");
      await operations.tell(id, ["Failed True Timeout"]);
      const again = await retry();
      expect(again).toMatchObject({ exclusive: true, engine: "velero" });
      expect(again.name).not.toBe((await operations.row(id)).name);
    });

    it("changes nothing but its external_ref", async () => {
      const { id } = await operations.create(instance);
      const other = await operations.create(instance);
      const mark = (key: string, ref: string | null) =>
        tenant.in((stores) =>
          service().mark(stores, tenant.actor, key, { external_ref: ref }),
        );
      await mark(id, "op/1");
      await mark(id, "op/1");
      await isRefused(mark(other.id, "op/1"), "another operation");
      await mark(id, null);
      await mark(other.id, "op/1");
    });
  });
});
