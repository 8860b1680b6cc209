import {
  openTestDatabase,
  type TestDatabase,
  type TestGateway,
} from "../../../../../test/db/open-test-database";
import { TestSequences } from "../../../../../test/db/test-sequences";
import {
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { OperationService } from "../operations/operation.service";
import { OperationUpkeepService } from "../operations/operation-upkeep.service";
import type { StepFact } from "./domain/sequence";

jest.setTimeout(300_000);

const UPGRADE = {
  template: "safe-upgrade",
  parameters_json: JSON.stringify({
    targetVersion: "1.2.0",
    pvc: "data",
    volumeSnapshotClassName: "csi",
    checkHook: "check",
    quiesceHook: "stop",
    unquiesceHook: "go",
    restoreData: true,
  }),
};
const CLONE = {
  template: "clone",
  parameters_json: '{"namespace":"prod-two","valuesPatch":{"host":"two"}}',
};

describe("sequences of operations", () => {
  let db: TestDatabase;
  let replica: TestGateway;
  let tenant: TestTenant;
  let own: TestCluster;
  let other: TestCluster;
  let sequences: TestSequences;
  let instance: string;

  beforeAll(async () => {
    db = await openTestDatabase();
    replica = await db.openReplica();
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    [own, other] = [await tenant.cluster(), await tenant.cluster()];
    sequences = new TestSequences(db, tenant, [own, other]);
    await tenant.allow({ allowed_operations: ["*/*"] });
    await sequences.prepare();
    instance = await tenant.createInstance(own.id);
    await sequences.carry();
    await sequences.see(instance, ["Ready True Fine"]);
  });

  const create = (request: { template: string; parameters_json: string }) =>
    sequences.create({ instanceId: instance, ...request });
  const migrate = (more: object = {}) =>
    create({
      template: "migrate",
      parameters_json: JSON.stringify({
        cluster: other.code,
        quiesceHook: "stop",
        unquiesceHook: "go",
        ...more,
      }),
    });
  const stepsOf = async (id: string) =>
    (await sequences.row(id)).steps.map(({ name }) => name);
  /** The upgrade becomes the instance's next generation, and is deployed. */
  const upgrade = async (fact: StepFact) => {
    await sequences.tell(fact.operation_id ?? "", ["Running True Started"]);
    await db.get(OperationUpkeepService).sweep();
    await sequences.see(instance, ["Ready True Fine"]);
    await sequences.tell(fact.operation_id ?? "", ["Succeeded True Done"]);
  };
  const versionOf = async () => {
    const [row] = await db.look<{ version: string }>(
      "select chart_version as version from application_instances where id = $1",
      [instance],
    );
    return row?.version;
  };

  const UPGRADED = [
    "before",
    "check",
    "quiesce",
    "snapshot",
    "upgrade",
    "verify",
  ];
  const ROLLED_BACK = ["rollback", "rolled-back", "restore", "unquiesce"];

  it("upgrade an application step by step, and tell how far they are", async () => {
    const id = await create(UPGRADE);
    expect(await sequences.row(id)).toMatchObject({
      state: "running",
      progress: "step 1 of 7: before",
    });
    const row = await sequences.play(id, { upgrade });
    expect(row).toMatchObject({ state: "succeeded", message: "" });
    expect(await stepsOf(id)).toEqual([...UPGRADED, "unquiesce"]);
    expect(await versionOf()).toBe("1.2.0");
    const made = await sequences.operations(id);
    expect(made.map(({ step }) => step)).toEqual([
      ...UPGRADED.slice(1),
      "unquiesce",
    ]);
    const actions = await tenant.auditActions();
    expect(actions).toContain("sequence.create");
    expect(actions.filter((one) => one === "sequence.step")).toHaveLength(14);
    expect(actions.at(-1)).toBe("sequence.state");
  });

  it("take an upgrade back when the application does not work afterwards", async () => {
    const id = await create(UPGRADE);
    const row = await sequences.play(id, {
      upgrade,
      verify: (fact) => sequences.fail(fact),
    });
    expect(row).toMatchObject({
      state: "failed",
      reason: "StepFailed",
      message: expect.stringMatching(
        /Step verify failed \(EngineFailed: it broke\)\. Undone by: rollback/,
      ) as string,
    });
    expect(await stepsOf(id)).toEqual([...UPGRADED, ...ROLLED_BACK]);
    expect(await versionOf()).toBe("1.0.0");
  });

  it("need no way back where the upgrade was not begun", async () => {
    const id = await create(UPGRADE);
    await sequences.play(id, { snapshot: (fact) => sequences.fail(fact) });
    expect(await stepsOf(id)).toEqual([...UPGRADED.slice(0, 4), "unquiesce"]);
  });

  it("do not take half a backup for one", async () => {
    const id = await create(CLONE);
    const row = await sequences.play(id, {
      backup: (fact) =>
        sequences.tell(fact.operation_id ?? "", [
          "Succeeded True EngineCompleted",
          "Degraded True VeleroBackupPartiallyFailed",
        ]),
    });
    expect(row).toMatchObject({
      state: "failed",
      message: expect.stringContaining("Degraded") as string,
    });
    expect(await stepsOf(id)).toEqual(["backup"]);
  });

  it.each(["check", "quiesce", "snapshot", "upgrade", "verify"])(
    "stop and undo when they are cancelled at %s",
    async (at) => {
      const id = await create(UPGRADE);
      const row = await sequences.play(id, {
        upgrade,
        [at]: (fact) => sequences.cancel(id, fact),
      });
      expect(row).toMatchObject({
        state: "cancelled",
        reason: "UserCancelled",
      });
      const begun = UPGRADED.slice(0, UPGRADED.indexOf(at) + 1);
      const undone = [
        ...(begun.includes("upgrade") ? ROLLED_BACK.slice(0, 3) : []),
        ...(begun.includes("quiesce") ? ["unquiesce"] : []),
      ];
      expect(await stepsOf(id)).toEqual([...begun, ...undone]);
      expect(await versionOf()).toBe("1.0.0");
      await expect(
        sequences.order((service, stores, actor) =>
          service.cancel(stores, actor, id),
        ),
      ).rejects.toThrow("it has ended");
    },
  );

  it("make a copy of an application with its data", async () => {
    const id = await create(CLONE);
    const row = await sequences.play(id);
    expect(row).toMatchObject({ state: "succeeded" });
    const copy = await sequences.instance(row.copy ?? "");
    expect(copy).toMatchObject({
      name: "shop",
      namespace: "prod-two",
      suspended: false,
      state: "ready",
    });
    const [values] = await db.look(
      "select values_json, origin from application_instances where id = $1",
      [row.copy],
    );
    expect(values).toEqual({
      values_json: '{"host":"two"}',
      origin: "sequence",
    });
    const restore = (await sequences.operations(id)).at(-1);
    expect(restore).toMatchObject({ namespace: "prod-two", step: "restore" });
    const [given] = await db.look<{ parameters_json: string }>(
      "select parameters_json from operations where id = $1",
      [restore?.id],
    );
    expect(JSON.parse(given?.parameters_json ?? "")).toMatchObject({
      backupName: "op-1",
      namespaceMapping: { prod: "prod-two" },
    });
  });

  it.each([
    ["remove", "deleted", true],
    ["suspend", "suspended", true],
  ])(
    "where making the copy fails %s it",
    async (onFailure, state, suspended) => {
      const id = await create({
        template: "clone",
        parameters_json: JSON.stringify({ cluster: other.code, onFailure }),
      });
      const row = await sequences.play(id, {
        restore: (fact) => sequences.fail(fact),
      });
      expect(row).toMatchObject({ state: "failed" });
      expect(row.steps.at(-1)?.name).toBe("discard");
      expect(await sequences.instance(row.copy ?? "")).toMatchObject({
        cluster_id: other.id,
        state,
        suspended,
      });
    },
  );

  it("prove a backup by a copy that is tested and removed", async () => {
    const id = await create({
      template: "backup-verify",
      parameters_json:
        '{"scratchNamespace":"scratch","testHook":"test","cleanupImage":"kubectl:1"}',
    });
    const row = await sequences.play(id, {
      test: (fact) => sequences.fail(fact),
    });
    expect(row).toMatchObject({ state: "failed" });
    expect((await stepsOf(id)).slice(-4)).toEqual([
      "test",
      "remove-copy",
      "copy-gone",
      "delete-scratch",
    ]);
    expect(await sequences.instance(row.copy ?? "")).toMatchObject({
      state: "deleted",
    });
    expect(await sequences.instance(instance)).toMatchObject({
      state: "ready",
    });
  });

  it("move an application, and keep the old one until somebody confirms", async () => {
    const id = await migrate();
    const wait = async () => Promise.resolve();
    const waiting = await sequences.play(id, { confirm: wait });
    expect(waiting).toMatchObject({
      state: "running",
      reason: "AwaitingConfirmation",
    });
    expect(await sequences.instance(instance)).toMatchObject({
      suspended: true,
      state: "suspended",
    });
    expect(await sequences.instance(waiting.copy ?? "")).toMatchObject({
      cluster_id: other.id,
      namespace: "prod",
      state: "ready",
    });
    const row = await sequences.play(id);
    expect(row).toMatchObject({ state: "succeeded" });
    expect(await sequences.instance(instance)).toMatchObject({
      state: "deleted",
    });
    expect(await tenant.auditActions()).toContain("sequence.confirm");
  });

  it("bring the old application back when a move is cancelled, at any step", async () => {
    for (const at of ["backup", "restore", "switched", "confirm"]) {
      const id = await migrate();
      const row = await sequences.play(id, {
        [at]: (fact) => sequences.cancel(id, fact),
      });
      expect(row).toMatchObject({ state: "cancelled" });
      expect((await stepsOf(id)).slice(-3)).toEqual([
        "resume",
        "unquiesce",
        "discard",
      ]);
      expect(await sequences.instance(instance)).toMatchObject({
        suspended: false,
        state: "deploying",
      });
      expect(await sequences.instance(row.copy ?? "")).toMatchObject({
        state: "deleted",
      });
      await sequences.see(instance, [
        "Ready True Fine",
        "Suspended False Active",
      ]);
    }
  });

  it("bring the old application back although the other cluster is gone for ever", async () => {
    const id = await migrate();
    await sequences.play(id, { restore: () => Promise.resolve() });
    await sequences.order((service, stores, actor) =>
      service.cancel(stores, actor, id),
    );
    await sequences.sweep();
    expect((await sequences.running(id))?.name).toBe("restore");
    await db.look(
      `update operation_sequences set steps = (select jsonb_agg(case when step ? 'deadline' then jsonb_set(step, '{deadline}', '"2020-01-01T00:00:00Z"') else step end)
         from jsonb_array_elements(steps) step) where id = $1`,
      [id],
    );
    expect(await sequences.play(id)).toMatchObject({
      state: "cancelled",
      message: expect.stringContaining("Undone by: resume") as string,
    });
    expect(await sequences.instance(instance)).toMatchObject({
      suspended: false,
    });
  });

  it("take back nothing once a move is confirmed", async () => {
    const id = await migrate();
    await sequences.play(id, { confirm: () => Promise.resolve() });
    await sequences.order((service, stores, actor) =>
      service.confirm(stores, actor, id),
    );
    await expect(
      sequences.order((service, stores, actor) =>
        service.cancel(stores, actor, id),
      ),
    ).rejects.toThrow("is through with what could be");
    await expect(
      sequences.order(async (service, stores, actor) => {
        await service.confirm(stores, actor, id);
        throw new Error("once more is no error");
      }),
    ).rejects.toThrow("once more is no error");
    expect(await sequences.play(id)).toMatchObject({ state: "succeeded" });
  });

  it("do nothing twice when several gateways look at once", async () => {
    const id = await create(UPGRADE);
    for (let round = 0; round < 40; round += 1) {
      const fact = await sequences.running(id);
      if (fact?.name === "upgrade") await upgrade(fact);
      else if (fact) await sequences.succeed(id, fact);
      await sequences.comeDue();
      await Promise.all([
        sequences.advance(id),
        sequences.advance(id, replica),
        sequences.advance(id),
        sequences.advance(id, replica),
      ]);
      if ((await sequences.row(id)).state === "succeeded") break;
    }
    expect(await sequences.row(id)).toMatchObject({ state: "succeeded" });
    expect(await stepsOf(id)).toEqual([...UPGRADED, "unquiesce"]);
    const made = await sequences.operations(id);
    expect(made).toHaveLength(new Set(made.map(({ step }) => step)).size);
  });

  it("go on after a gateway that died between any two of its transactions", async () => {
    const id = await migrate();
    // One transaction each time, by another program than the one before: nothing is remembered but what was committed.
    const hosts: readonly Pick<TestGateway, "get">[] = [db, replica];
    for (let round = 0; round < 60; round += 1) {
      await sequences.advance(id, hosts[round % 2]);
      const fact = await sequences.running(id);
      if (fact) await sequences.succeed(id, fact);
      await sequences.carry();
      if ((await sequences.row(id)).state === "succeeded") break;
    }
    expect(await sequences.row(id)).toMatchObject({ state: "succeeded" });
    const names = await stepsOf(id);
    expect(names).toHaveLength(new Set(names).size);
  });

  it("keep nothing of a step whose transaction did not come to its end", async () => {
    const id = await create(CLONE);
    const backup = await sequences.running(id);
    if (backup) await sequences.succeed(id, backup);
    await db.look(
      `create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$`,
    );
    await db.look(
      "create trigger refuse before update on operation_sequences for each row when (new.copy_instance_id is not null) execute function refuse()",
    );
    // Backup's end is noted and the copy begun in one transaction, which dies: neither is there.
    await expect(sequences.advance(id)).rejects.toThrow("killed");
    expect((await sequences.running(id))?.name).toBe("backup");
    const [copies] = await db.look<{ count: string }>(
      "select count(*) from application_instances where organization_id = $1",
      [tenant.organizationId],
    );
    expect(copies?.count).toBe("1");
    await db.look("drop trigger refuse on operation_sequences");
    expect(await sequences.play(id)).toMatchObject({ state: "succeeded" });
  });

  it("wait for each approval, and end what was begun when one is refused", async () => {
    await db.look(
      "update policies set require_approval_for = '[\"Upgrade/*\"]' where organization_id = $1",
      [tenant.organizationId],
    );
    const id = await create(UPGRADE);
    expect((await sequences.row(id)).approvals).toEqual(["upgrade"]);
    const waiting = await sequences.play(id, {
      upgrade: () => Promise.resolve(),
    });
    expect(waiting).toMatchObject({
      state: "awaiting_approval",
      progress: "step 5 of 7: upgrade",
    });
    const { operation_id = "" } = (await sequences.running(id)) ?? {};
    await tenant.in((stores) =>
      db
        .get(OperationService)
        .reject(stores, tenant.actor, operation_id, "not now"),
    );
    const row = await sequences.play(id);
    expect(row).toMatchObject({
      state: "failed",
      message: expect.stringContaining("Rejected: not now") as string,
    });
    // The upgrade never began: there is nothing to roll back.
    expect((await stepsOf(id)).slice(-2)).toEqual(["upgrade", "unquiesce"]);
  });

  it("are refused as a whole, before anything is done, where one step would be", async () => {
    const count = async () => {
      const [row] = await db.look<{ count: string }>(
        "select count(*) from operation_sequences where organization_id = $1",
        [tenant.organizationId],
      );
      return row?.count;
    };
    const refused = (more: object, template = "migrate") =>
      expect(
        create({
          template,
          parameters_json: JSON.stringify({ cluster: other.code, ...more }),
        }),
      ).rejects;
    await refused({}, "unheard-of").toThrow(
      "give backup-verify, clone, migrate, safe-upgrade",
    );
    await refused({ colour: "red" }).toThrow("colour");
    await refused({ cluster: "nowhere" }).toThrow("no cluster of that code");
    await refused({ cluster: own.code }).toThrow("There is an instance shop");
    await refused({ valuesPatch: { password: "x" } }).toThrow(/secret/i);
    await refused({ ttl: "a while" }).toThrow(
      "Step backup: spec.parameters.ttl",
    );
    await db.look(
      'update policies set allowed_operations = \'["Backup/*", "RunCommand/*"]\' where organization_id = $1',
      [tenant.organizationId],
    );
    await refused({}).toThrow("Step restore: Policy refuses this");
    await db.look(
      "update catalog_entries set capabilities = '{}' where organization_id = $1",
      [tenant.organizationId],
    );
    await refused({}).toThrow("does not name the engine velero for backup");
    expect(await count()).toBe("0");
  });

  it("fail at a step that is refused by then, and undo what was done", async () => {
    const id = await migrate();
    await sequences.play(id, { suspended: () => Promise.resolve() });
    await db.look(
      "update policies set allowed_operations = '[\"RunCommand/*\"]' where organization_id = $1",
      [tenant.organizationId],
    );
    const row = await sequences.play(id);
    expect(row).toMatchObject({
      state: "failed",
      message: expect.stringContaining(
        "Step backup failed (PolicyDenied",
      ) as string,
    });
    expect((await stepsOf(id)).slice(-4)).toEqual([
      "backup",
      "resume",
      "unquiesce",
      "discard",
    ]);
  });

  it("say what blocks them, and end a wait that takes too long", async () => {
    const id = await migrate({ stepSeconds: 60 });
    await sequences.sweep();
    const { copy } = await sequences.row(id);
    await sequences.carry();
    await sequences.see(copy ?? "", ["Blocked True MissingDependencies"]);
    await sequences.sweep();
    expect(await sequences.row(id)).toMatchObject({
      state: "blocked",
      reason: "MissingDependencies",
    });
    await db.look(
      `update operation_sequences set steps = jsonb_set(steps, '{1,deadline}', '"2020-01-01T00:00:00Z"') where id = $1`,
      [id],
    );
    await sequences.sweep();
    expect(await sequences.row(id)).toMatchObject({
      state: "failed",
      message: expect.stringContaining("Timeout") as string,
    });
  });

  it("are one at a time on an instance, and one per external_ref", async () => {
    const wanted = { instanceId: instance, ...CLONE, external_ref: "so-1" };
    const id = await sequences.create(wanted);
    expect(await sequences.create(wanted)).toBe(id);
    await expect(
      sequences.create({ ...wanted, template: "migrate" }),
    ).rejects.toThrow("another sequence of that external_ref");
    await expect(migrate()).rejects.toThrow("is under way");
    await sequences.order((service, stores, actor) =>
      service.setExternalRef(stores, actor, id, "so-2"),
    );
    await sequences.play(id);
    expect(await sequences.create({ ...wanted, external_ref: "so-2" })).toBe(
      id,
    );
    const again = { ...wanted, external_ref: "so-3" };
    await expect(sequences.create(again)).rejects.toThrow(
      "There is an instance shop",
    );
  });

  it("belong to their organization alone", async () => {
    const id = await create(CLONE);
    const stranger = await TestTenant.make(db);
    const foreign = new TestSequences(db, stranger, []);
    await expect(
      foreign.order((service, stores, actor) =>
        service.cancel(stores, actor, id),
      ),
    ).rejects.toThrow("no such sequence");
    await expect(
      foreign.create({ instanceId: instance, ...CLONE }),
    ).rejects.toThrow("no such application instance");
  });
});
