import type { JsonObject, OperationType } from "@vworkspace/resources";
import { EngineBench } from "../../testing/engine-bench";
import { veleroDefinitions } from "../../testing/velero-definitions";
import { VeleroScript } from "../../testing/velero-script";
import { EngineActions } from "../engine-actions";
import {
  BACKUP,
  DELETE_BACKUP_REQUEST,
  RESTORE,
  VOLUME_SNAPSHOT_CLASS,
} from "./velero-objects";
import { VeleroEngine } from "./velero.engine";

let bench: EngineBench;
let velero: VeleroScript;
let veleroNamespace: string;
let namespace: string;

beforeAll(async () => {
  bench = await EngineBench.open(veleroDefinitions());
  veleroNamespace = await bench.namespace("velero");
  velero = new VeleroScript(bench.api, veleroNamespace);
}, 600_000);

beforeEach(async () => {
  namespace = await bench.namespace("shop");
});

afterAll(() => bench?.close());

function course(
  type: OperationType,
  parameters: JsonObject = {},
  now = () => 0,
) {
  return bench.course(
    (reads) => new VeleroEngine(reads, { veleroNamespace }),
    { namespace, now },
    { type, engine: "velero", parameters },
  );
}

const read = (kind: typeof BACKUP, name: string) =>
  bench.api.get({ ...kind, namespace: veleroNamespace, name });

describe("A backup by Velero", () => {
  it("is taken as Velero's kind has it, with every parameter, and nothing is changed by taking it again", async () => {
    const className = `fast-${namespace}`;
    await bench.create({
      ...VOLUME_SNAPSHOT_CLASS,
      metadata: { name: className },
      driver: "csi.example.com",
      deletionPolicy: "Delete",
    });
    const { course: backup, name } = course("Backup", {
      storageLocation: "s3",
      snapshotVolumes: true,
      snapshotMoveData: true,
      csiSnapshotClassName: className,
      retention: "30d",
      includedResources: ["persistentvolumeclaims", "deployments.apps"],
      excludedResources: ["events"],
      labelSelector: { app: "web" },
    });
    await backup.settle();
    const made = await read(BACKUP, name);
    const spec = made?.["spec"];
    expect(made?.metadata.annotations).toEqual({
      "velero.io/csi-volumesnapshot-class_csi.example.com": className,
    });
    expect(spec).toMatchObject({
      includedNamespaces: [namespace],
      ttl: "720h",
      storageLocation: "s3",
      snapshotVolumes: true,
      snapshotMoveData: true,
      labelSelector: { matchLabels: { app: "web" } },
    });
    const tried = await bench.api.apply(
      {
        ...BACKUP,
        metadata: { name: `${name}-tried`, namespace: veleroNamespace },
        spec,
      },
      { fieldManager: "tried", dryRun: true },
    );
    expect(tried["spec"]).toEqual(spec);
  });

  it("shows how far it is, and ends with what it counted", async () => {
    const { course: backup, created, name } = course("Backup");
    expect(await backup.pass()).toMatchObject({ state: "working" });
    expect(await backup.pass()).toMatchObject({
      message: expect.stringContaining("waits for Velero") as string,
    });
    const progress = { itemsBackedUp: 3, totalItems: 12 };
    await velero.backup(name, { phase: "InProgress", progress });
    expect(await backup.pass()).toMatchObject({
      reason: "VeleroBackupInProgress",
      message: expect.stringContaining("3 of 12 items") as string,
      outputs: { backupItemCount: 3 },
    });
    await velero.backup(name, { phase: "Finalizing" });
    expect(await backup.pass()).toMatchObject({ state: "working" });
    await velero.backup(name, {
      phase: "Completed",
      progress: { itemsBackedUp: 12 },
      warnings: 1,
      expiration: "2026-12-29T00:00:00Z",
    });
    expect(await backup.pass()).toMatchObject({
      state: "succeeded",
      reason: "VeleroBackupCompleted",
    });
    expect(backup.outputs).toEqual({
      backupName: name,
      backupItemCount: 12,
      backupItemsTotal: 12,
      warnings: 1,
      expiration: "2026-12-29T00:00:00Z",
    });
    expect(created).toEqual([`Backup ${name}`]);
  });

  it("is degraded with errors, and fails in Velero's words", async () => {
    const partly = course("Backup");
    await partly.course.settle();
    await velero.backup(partly.name, { phase: "PartiallyFailed", errors: 2 });
    expect(await partly.course.pass()).toMatchObject({
      state: "succeeded",
      degraded: { reason: "VeleroBackupPartiallyFailed" },
      outputs: { errors: 2 },
    });
    const failing = course("Backup");
    await failing.course.settle();
    await velero.backup(failing.name, {
      phase: "FailedValidation",
      validationErrors: [
        "an existing backup storage location wasn't specified",
      ],
    });
    expect(await failing.course.pass()).toMatchObject({
      state: "failed",
      reason: "VeleroBackupFailed",
      message: expect.stringContaining("location wasn't specified") as string,
    });
  });

  it("that vanished has failed, and is made no second time", async () => {
    const { course: backup, created, name } = course("Backup");
    await backup.settle();
    await velero.gone(name);
    expect(await backup.settle()).toMatchObject({
      state: "failed",
      reason: "EngineFailed",
      message: expect.stringContaining("is gone") as string,
    });
    expect(created).toEqual([`Backup ${name}`]);
  });

  it("goes on after an agent that was killed when it had made it, and leaves alone what isn't its own", async () => {
    const { course: backup, created, name } = course("Backup");
    await backup.pass();
    backup.outputs = {};
    await velero.backup(name, { phase: "Completed" });
    expect(await backup.pass()).toMatchObject({ state: "succeeded" });
    expect(created).toHaveLength(1);

    const foreign = course("Backup");
    await velero.synced(foreign.name, {}, {});
    expect(await foreign.course.settle()).toMatchObject({
      state: "failed",
      message: expect.stringContaining("somebody else's") as string,
    });
    expect(await foreign.course.end()).toMatchObject({ state: "ended" });
    expect(await read(BACKUP, foreign.name)).toBeDefined();
  });

  it("of a namespace with another instance needs a selector", async () => {
    await bench.instance(namespace, "web");
    const alone = course("Backup");
    expect(await alone.course.settle()).toMatchObject({ state: "working" });
    await bench.instance(namespace, "blog");
    const { course: backup, created } = course("Backup");
    expect(await backup.settle()).toMatchObject({
      state: "failed",
      reason: "PreconditionFailed",
      message: expect.stringContaining("(blog)") as string,
    });
    expect(created).toEqual([]);
  });

  it("is deleted at once where Velero has not begun", async () => {
    const { course: backup, created, name } = course("Backup");
    await backup.settle();
    expect(await backup.end()).toMatchObject({ state: "ended" });
    expect(await read(BACKUP, name)).toBe(undefined);
    expect(created).toEqual([`Backup ${name}`]);
  });

  it("that Velero begins with at that moment stays", async () => {
    const { course: backup, name } = course("Backup");
    await backup.settle();
    const engine = new VeleroEngine(bench, { veleroNamespace });
    const seen = await engine.observe(backup.run);
    await velero.backup(name, { phase: "InProgress" });
    const end = engine.end(backup.run, seen);
    if (end.state === "ended" || !end.action) throw new Error(end.message);
    const performed = new EngineActions(bench.api).perform(
      end.action,
      backup.run.operation,
    );
    await expect(performed).rejects.toMatchObject({ status: 409 });
    expect(await read(BACKUP, name)).toBeDefined();
  });

  it("under way is awaited when it is cancelled, then deleted with what it stored", async () => {
    const { course: backup, created, name } = course("Backup");
    await backup.settle();
    await velero.backup(name, { phase: "InProgress" });
    expect(await backup.end()).toMatchObject({
      state: "ending",
      message: expect.stringContaining("can't be cancelled") as string,
    });
    await velero.backup(name, { phase: "Completed" });
    expect(await backup.end()).toMatchObject({ state: "ending" });
    const request = `${name}-delete`;
    const asked = await read(DELETE_BACKUP_REQUEST, request);
    expect(asked?.["spec"]).toEqual({ backupName: name });
    expect(await backup.end()).toMatchObject({ state: "ending" });
    await velero.deletes(request);
    expect(await backup.end()).toMatchObject({ state: "ended" });
    expect(created).toEqual([
      `Backup ${name}`,
      `DeleteBackupRequest ${request}`,
    ]);
  });

  it("that Velero can't delete is named as left", async () => {
    const { course: backup, name } = course("Backup");
    await backup.settle();
    await velero.backup(name, { phase: "Completed" });
    await backup.end();
    await velero.deletes(`${name}-delete`, ["the location is read-only"]);
    expect(await backup.end()).toMatchObject({
      state: "ended",
      message: expect.stringMatching(/is left: .* read-only/) as string,
    });
  });
});

describe("A restore by Velero", () => {
  it("waits for a backup of another cluster, then restores another namespace into its own", async () => {
    const backupName = `from-elsewhere-${namespace}`;
    const {
      course: restore,
      created,
      name,
    } = course("Migration", {
      backupName,
      namespaceMapping: { theirs: namespace },
      restorePVs: true,
      existingResourcePolicy: "update",
    });
    expect(await restore.pass()).toMatchObject({
      state: "working",
      message: expect.stringContaining("there is no Backup") as string,
    });
    const labels = { "ops.vworkspace.io/operation": "of-another-cluster" };
    const spec = { includedNamespaces: ["theirs"] };
    await velero.synced(backupName, { labels }, spec);
    await restore.settle();
    expect((await read(RESTORE, name))?.["spec"]).toMatchObject({
      backupName,
      includedNamespaces: ["theirs"],
      namespaceMapping: { theirs: namespace },
      // The instance installs a release of its own.
      labelSelector: {
        matchExpressions: [
          { key: "owner", operator: "NotIn", values: ["helm"] },
        ],
      },
    });
    const progress = { itemsRestored: 2, totalItems: 5 };
    await velero.restore(name, { phase: "InProgress", progress });
    expect(await restore.pass()).toMatchObject({
      message: expect.stringContaining("2 of 5 items") as string,
    });
    await velero.restore(name, {
      phase: "Completed",
      progress: { itemsRestored: 5 },
    });
    expect(await restore.pass()).toMatchObject({
      state: "succeeded",
      reason: "VeleroRestoreCompleted",
    });
    expect(restore.outputs).toMatchObject({ restoreName: name, backupName });
    expect(created).toEqual([`Restore ${name}`]);
  });

  it("gives up after ten minutes without its backup", async () => {
    let now = 0;
    const backupName = `never-${namespace}`;
    const { course: restore, created } = course(
      "Restore",
      { backupName },
      () => now,
    );
    expect(await restore.settle()).toMatchObject({ state: "working" });
    now = 600_000;
    expect(await restore.settle()).toMatchObject({
      state: "failed",
      reason: "PreconditionFailed",
    });
    expect(created).toEqual([]);
  });

  it("in place that skipped what exists is degraded; one that failed, or vanished, has failed", async () => {
    const backupName = `own-${namespace}`;
    await velero.synced(backupName, {}, { includedNamespaces: [namespace] });
    const skipping = course("Restore", { backupName });
    await skipping.course.settle();
    await velero.restore(skipping.name, {
      phase: "Completed",
      warnings: 3,
      progress: { itemsRestored: 3 },
    });
    expect(await skipping.course.pass()).toMatchObject({
      state: "succeeded",
      degraded: { reason: "VeleroRestoreSkipped" },
    });
    const failing = course("Restore", { backupName });
    await failing.course.settle();
    const failureReason = "error downloading backup";
    await velero.restore(failing.name, { phase: "Failed", failureReason });
    expect(await failing.course.pass()).toMatchObject({
      state: "failed",
      reason: "VeleroRestoreFailed",
      message: expect.stringContaining(failureReason) as string,
    });
    await bench.api.delete({
      ...RESTORE,
      namespace: veleroNamespace,
      name: failing.name,
    });
    expect(await failing.course.settle()).toMatchObject({
      message: expect.stringContaining("is gone") as string,
    });
    expect(failing.created).toHaveLength(1);
  });

  it("under way is deleted when it is cancelled, and says what stays", async () => {
    const backupName = `own-${namespace}`;
    await velero.synced(backupName, {}, { includedNamespaces: [namespace] });
    const { course: restore, name } = course("Restore", { backupName });
    await restore.settle();
    await velero.restore(name, { phase: "InProgress" });
    expect(await restore.end()).toMatchObject({
      state: "ended",
      message: expect.stringContaining("had restored by then stays") as string,
    });
    expect(await read(RESTORE, name)).toBe(undefined);
  });
});
