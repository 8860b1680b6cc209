import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestOperations } from "../../../../../test/db/test-operations";
import type {
  TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { JobService } from "../../delivery/jobs/job.service";
import { SweepService } from "../../delivery/sweep/sweep.service";
import { InstanceService } from "../instances/instance.service";
import { OperationUpkeepService } from "./operation-upkeep.service";

describe("what becomes of operations", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;
  let operations: TestOperations;
  let instance: string;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    operations = await TestOperations.make(db);
    ({ tenant, cluster } = operations);
    instance = await operations.instance({ allowed_operations: ["*/*"] });
  });

  const sweep = () => db.get(OperationUpkeepService).sweep();
  const reissue = async () => {
    await db.look(
      "update desired_objects set reissue_at = now() - interval '1 second' where reissue_at is not null",
    );
    await db.get(SweepService).sweep();
  };
  const instanceItem = {
    resourceRef: {
      apiVersion: "apps.vworkspace.io/v1alpha1",
      kind: "ApplicationInstance",
      namespace: "prod",
      name: "shop",
      uid: "i",
      intentGeneration: 1,
    },
    uid: "i",
    intentGeneration: 1,
  };
  const upgrade = (parameters: object) =>
    operations.create(instance, {
      type: "Upgrade",
      engine: "helm",
      parameters_json: JSON.stringify(parameters),
    });
  const intent = async () => {
    const [row] = await db.look(
      "select chart_version, values_json::jsonb as values, generation::int from application_instances where id = $1",
      [instance],
    );
    return row;
  };

  it("is told by the cluster: phase, progress, outputs and times, and each state is evidence", async () => {
    const { id } = await operations.create(instance);
    await operations.carry();
    await operations.tell(id, ["Running True EngineStarted 3 of 9 items"], {
      detail: {
        operation: { phase: "Running", startedAt: "2026-01-01T02:00:00Z" },
      },
    });
    await operations.tell(
      id,
      ["Running False EngineStarted", "Succeeded True VeleroBackupCompleted"],
      {
        detail: {
          operation: {
            phase: "Succeeded",
            startedAt: "2026-01-01T02:00:00Z",
            finishedAt: "2026-01-01T02:05:00Z",
            outputs: { backupName: "b-1", warnings: 0 },
          },
        },
      },
    );
    const [row] = await db.look(
      "select state, phase, reason, progress, outputs, started_at, finished_at, degraded, observed_generation from operations where id = $1",
      [id],
    );
    expect(row).toEqual({
      state: "succeeded",
      phase: "Succeeded",
      reason: "VeleroBackupCompleted",
      progress: "3 of 9 items",
      outputs: { backupName: "b-1", warnings: 0 },
      started_at: new Date("2026-01-01T02:00:00Z"),
      finished_at: new Date("2026-01-01T02:05:00Z"),
      degraded: false,
      observed_generation: "1",
    });
    const states = (await tenant.audit())
      .filter(({ action }) => action === "operation.state")
      .map(({ detail }) => detail["state"]);
    expect(states).toEqual(["running", "succeeded"]);
  });

  it("is told by one event for each condition, and proves nothing where the last says that it is degraded", async () => {
    const { id } = await operations.create(instance);
    const detail = {
      operation: { phase: "Succeeded", outputs: { errors: 1 } },
    };
    await operations.tell(id, ["Running False EngineStarted"], { detail });
    await db.look(
      "update operations set finished_at = finished_at - interval '1 day', object_ends_at = object_ends_at - interval '1 day' where id = $1",
      [id],
    );
    const look = async () => {
      const [row] = await db.look<{ finished_at: Date; object_ends_at: Date }>(
        "select state, reason, degraded, outputs, finished_at, object_ends_at from operations where id = $1",
        [id],
      );
      return row;
    };
    const before = await look();
    await operations.tell(id, ["Succeeded True VeleroBackupPartiallyFailed"]);
    await operations.tell(id, ["Degraded True VeleroBackupPartiallyFailed"]);
    expect(await look()).toEqual({
      ...before,
      state: "succeeded",
      reason: "VeleroBackupPartiallyFailed",
      degraded: true,
      outputs: { errors: 1 },
    });
    const states = (await tenant.auditActions()).filter(
      (action) => action === "operation.state",
    );
    expect(states).toHaveLength(1);
  });

  it("does not end in the future, whatever the cluster's clock says", async () => {
    const { id } = await operations.create(instance);
    await operations.tell(id, ["Succeeded True EngineCompleted"], {
      detail: {
        operation: { phase: "Succeeded", finishedAt: "2999-01-01T00:00:00Z" },
      },
    });
    const [row] = await db.look<{ fine: boolean }>(
      "select finished_at <= now() as fine from operations where id = $1",
      [id],
    );
    expect(row?.fine).toBe(true);
  });

  it("has begun and ended when we were told of it, where the cluster tells no times", async () => {
    const { id } = await operations.create(instance);
    const times = async () => {
      const [row] = await db.look<{ started: boolean; finished: boolean }>(
        "select started_at is not null as started, finished_at is not null as finished from operations where id = $1",
        [id],
      );
      return row;
    };
    await operations.tell(id, ["Blocked True TargetNotReady"]);
    expect(await times()).toEqual({ started: false, finished: false });
    await operations.tell(id, ["Running True EngineStarted"]);
    expect(await times()).toEqual({ started: true, finished: false });
    await operations.tell(id, ["Failed True Timeout"]);
    expect(await times()).toEqual({ started: true, finished: true });
  });

  it("refuses outputs without measure", async () => {
    const { id } = await operations.create(instance);
    const outputs = { text: "x".repeat(16_384) };
    const tell = operations.tell(id, ["Running True X"], {
      detail: { operation: { phase: "Running", outputs } },
    });
    await expect(tell).rejects.toThrow("outputs");
  });

  it("is not done again when its object is gone after its end, and is while nothing was done", async () => {
    const done = await operations.create(instance);
    const waiting = await operations.create(instance);
    await operations.carry();
    await operations.tell(done.id, ["Succeeded True EngineCompleted"]);
    await operations.tell(waiting.id, ["Blocked True TargetNotReady"]);
    await operations.list([instanceItem]);
    await reissue();
    const again = await operations.carry();
    expect(again.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      `operation/prod/${waiting.name}@2`,
    ]);
    expect((await operations.row(done.id)).state).toBe("succeeded");
    expect((await operations.row(waiting.id)).state).toBe("requested");
  });

  it("has failed when its object is gone while it ran, and is not done again", async () => {
    const { id } = await operations.create(instance);
    await operations.carry();
    await operations.tell(id, ["Running True EngineStarted"]);
    await operations.list([instanceItem]);
    await reissue();
    expect(await operations.carry()).toEqual([]);
    expect(await operations.row(id)).toMatchObject({
      state: "failed",
      reason: "Vanished",
    });
  });

  it("says why the cluster didn't take it", async () => {
    const { id } = await operations.create(instance);
    const jobs = db.get(JobService);
    const [job] = await jobs.claim(cluster.principal, true);
    await jobs.settle(cluster.principal, job?.id ?? "", {
      outcome: "failed",
      error: "namespace prod has not opted in",
      timestamp: new Date().toISOString(),
    });
    expect(await operations.row(id)).toMatchObject({
      state: "requested",
      reason: "NotDelivered",
      message: "namespace prod has not opted in",
    });
    await reissue();
    expect((await operations.row(id)).generation).toBe("2");
  });

  it("leaves the cluster 30 days after its end, while its record stays", async () => {
    const { id, name } = await operations.create(instance);
    await operations.carry();
    await operations.tell(id, ["Succeeded True EngineCompleted"]);
    await sweep();
    expect(await operations.carry()).toEqual([]);
    await db.look(
      "update operations set object_ends_at = object_ends_at - interval '29 days 23 hours' where id = $1",
      [id],
    );
    await sweep();
    expect(await operations.carry()).toEqual([]);
    await db.look(
      "update operations set object_ends_at = object_ends_at - interval '1 hour 1 second' where id = $1",
      [id],
    );
    await sweep();
    await sweep();
    expect(await operations.carry()).toMatchObject([
      { kind: "delete", payload: { name } },
    ]);
    expect((await operations.row(id)).state).toBe("succeeded");
    expect(await tenant.auditActions()).toContain("operation.object_end");
  });

  it("is removed once more from a cluster that comes back from before its end", async () => {
    const { id, name } = await operations.create(instance);
    await operations.carry();
    await operations.tell(id, ["Succeeded True EngineCompleted"]);
    await db.look(
      "update operations set object_ends_at = now() - interval '1 second' where id = $1",
      [id],
    );
    await sweep();
    await operations.carry();
    await operations.list([instanceItem]);
    await reissue();
    expect(await operations.carry()).toEqual([]);
    const resourceRef = {
      apiVersion: "ops.vworkspace.io/v1alpha1",
      kind: "Operation",
      namespace: "prod",
      name,
      uid: "u",
    };
    const old = { resourceRef, uid: "u", intentGeneration: 1 };
    await operations.list([instanceItem, old]);
    await reissue();
    expect(await operations.carry()).toMatchObject([
      { kind: "delete", payload: { name } },
    ]);
    expect((await operations.row(id)).state).toBe("succeeded");
  });

  describe("an upgrade with Helm", () => {
    it("becomes the instance's next generation once it runs, once, as who asked for it", async () => {
      const { id } = await upgrade({
        targetVersion: "1.1.0",
        valuesPatch: { replicas: 3 },
      });
      await operations.carry();
      await sweep();
      expect(await intent()).toMatchObject({ chart_version: "1.0.0" });
      await operations.tell(id, ["Running True EngineStarted"]);
      const other = await db.openReplica();
      await Promise.all([
        sweep(),
        other.get(OperationUpkeepService).sweep(),
        sweep(),
      ]);
      await operations.tell(id, ["Running True EngineStarted still"]);
      await sweep();
      expect(await intent()).toEqual({
        chart_version: "1.1.0",
        values: { replicas: 3 },
        generation: 2,
      });
      expect(await operations.carry()).toMatchObject([
        {
          idempotencyKey: "applicationinstance/prod/shop@2",
          payload: {
            metadata: {
              annotations: {
                "vworkspace.io/requested-by": `user/${tenant.actor.id}`,
              },
            },
          },
        },
      ]);
      const [row] = await db.look(
        "select upgrade, instance_generation::int from operations where id = $1",
        [id],
      );
      expect(row).toEqual({ upgrade: "issued", instance_generation: 2 });
      const upgrades = (await tenant.auditActions()).filter(
        (action) => action === "operation.upgrade",
      );
      expect(upgrades).toHaveLength(1);
      // What somebody wants after it stands, however often the cluster says that it runs.
      await tenant.in((stores) =>
        db
          .get(InstanceService)
          .write(stores, tenant.actor, instance, { chart_version: "1.2.0" }),
      );
      await operations.tell(id, ["Running True EngineStarted yet"]);
      await sweep();
      expect(await intent()).toMatchObject({ chart_version: "1.2.0" });
      await other.close();
    });

    it("that is refused then is cancelled, and says why to the end", async () => {
      const { id, name } = await upgrade({ targetVersion: "2.0.0" });
      await operations.carry();
      await db.look(
        "update policies set version_constraint = '<2.0.0' where organization_id = $1",
        [tenant.organizationId],
      );
      await operations.tell(id, ["Running True EngineStarted"]);
      await sweep();
      await sweep();
      expect(await intent()).toMatchObject({ generation: 1 });
      expect(await operations.carry()).toMatchObject([
        {
          idempotencyKey: `operation/prod/${name}@2`,
          payload: { spec: { cancel: true } },
        },
      ]);
      await operations.tell(id, ["Cancelled True UserCancelled"]);
      expect(await operations.row(id)).toMatchObject({
        state: "cancelled",
        reason: "UpgradeRefused",
        message: expect.stringContaining("version_constraint") as string,
      });
    });
  });
});
