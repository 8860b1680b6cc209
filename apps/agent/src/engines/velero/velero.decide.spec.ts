import type { KubeObject } from "@vworkspace/kube";
import type { JsonObject } from "@vworkspace/resources";
import { sampleRun } from "../../testing/sample-run";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import type { EngineVerdict } from "../engine";
import { BACKUP, DELETE_BACKUP_REQUEST, RESTORE } from "./velero-objects";
import { VeleroEngine } from "./velero.engine";
import type { VeleroSeen } from "./velero.observe";

const engine = new VeleroEngine({ api: new MemoryKubeApi() });
const OURS = { "ops.vworkspace.io/operation": "u1" };

const ref = { ...BACKUP, namespace: "velero", name: "op-u1" };
const restoreRef = { ...ref, kind: "Restore" };

function backup(
  parameters: JsonObject,
  over: Partial<{ outputs: JsonObject; now: number }> = {},
) {
  return sampleRun(
    engine,
    { type: "Backup", engine: "velero", parameters },
    over,
  );
}

function restore(
  parameters: JsonObject = {},
  over: Partial<{ outputs: JsonObject; now: number }> = {},
) {
  const all = { backupName: "b1", ...parameters };
  return sampleRun(
    engine,
    { type: "Restore", engine: "velero", parameters: all },
    over,
  );
}

function object(
  kind: typeof BACKUP,
  status?: object,
  metadata: Partial<KubeObject["metadata"]> = {},
): KubeObject {
  return {
    ...kind,
    metadata: {
      name: "op-u1",
      namespace: "velero",
      labels: OURS,
      resourceVersion: "7",
      ...metadata,
    },
    ...(status && { status }),
  };
}

const noBackup: VeleroSeen = {
  for: "backup",
  work: { ref, isServed: true },
  before: { neighbours: [] },
};

function seenBackup(status?: object, metadata = {}): VeleroSeen {
  const work = {
    ref,
    isServed: true,
    object: object(BACKUP, status, metadata),
  };
  return { for: "backup", work };
}

function seenRestore(status?: object, metadata = {}): VeleroSeen {
  const made = object(RESTORE, status, metadata);
  return {
    for: "restore",
    work: { ref: restoreRef, isServed: true, object: made },
  };
}

const B1 = object(BACKUP, { phase: "Completed" }, { name: "b1", labels: {} });
const backupRef = { ...BACKUP, namespace: "velero", name: "b1" };

function noRestore(
  b1: KubeObject | undefined = {
    ...B1,
    spec: { includedNamespaces: ["shop"] },
  },
  neighbours: string[] = [],
): VeleroSeen {
  return {
    for: "restore",
    work: { ref: restoreRef, isServed: true },
    before: { neighbours, backupRef, ...(b1 && { backup: b1 }) },
  };
}

const withoutB1: VeleroSeen = {
  for: "restore",
  work: { ref: restoreRef, isServed: true },
  before: { neighbours: [], backupRef },
};

/** State, reason, and words of the message. */
type Expected = readonly [string, string, string];

function expectVerdict(
  verdict: EngineVerdict,
  [state, reason, words]: Expected,
) {
  expect({ state: verdict.state, reason: verdict.reason }).toEqual({
    state,
    reason,
  });
  expect(verdict.message).toContain(words);
}

const created = (verdict: EngineVerdict): KubeObject | undefined =>
  verdict.state === "working" && verdict.action?.do === "create"
    ? verdict.action.object
    : undefined;

describe("A backup by Velero", () => {
  it("is made with what the parameters say, and never of our own resources", () => {
    const run = backup({
      storageLocation: "s3",
      snapshotVolumes: true,
      csiSnapshotClassName: "fast",
      retention: "30d",
      includedResources: ["pods"],
      excludedResources: ["events"],
      labelSelector: { app: "web" },
    });
    const snapshotClass = { ...B1, driver: "csi.example.com" };
    const verdict = engine.decide(run, {
      ...noBackup,
      before: { neighbours: ["other"], snapshotClass },
    });
    expect(created(verdict)).toEqual({
      ...BACKUP,
      metadata: {
        name: "op-u1",
        namespace: "velero",
        labels: { ...OURS, "app.vworkspace.io/application-instance": "web" },
        annotations: {
          "velero.io/csi-volumesnapshot-class_csi.example.com": "fast",
        },
      },
      spec: {
        includedNamespaces: ["shop"],
        includedResources: ["pods"],
        excludedResources: [
          "events",
          "applicationinstances.apps.vworkspace.io",
          "operations.ops.vworkspace.io",
          "clusters.ops.vworkspace.io",
        ],
        labelSelector: { matchLabels: { app: "web" } },
        storageLocation: "s3",
        snapshotVolumes: true,
        ttl: "720h",
      },
    });
  });

  it("says no more than is asked for", () => {
    const made = created(engine.decide(backup({}), noBackup));
    expect(Object.keys(made?.["spec"] ?? {})).toEqual([
      "includedNamespaces",
      "excludedResources",
    ]);
    expect(made?.metadata.annotations).toBe(undefined);
  });

  const progress = { itemsBackedUp: 3, totalItems: 12 };
  it.each<[string, VeleroSeen, Expected]>([
    [
      "Velero has not looked",
      seenBackup(),
      ["working", "VeleroBackupInProgress", "waits for Velero to begin"],
    ],
    [
      "Velero has others to do first",
      seenBackup({ phase: "Queued" }),
      ["working", "VeleroBackupInProgress", "waits for Velero to begin"],
    ],
    [
      "it is under way",
      seenBackup({ phase: "InProgress", progress }),
      ["working", "VeleroBackupInProgress", "is InProgress: 3 of 12 items"],
    ],
    [
      "the storage works on",
      seenBackup({ phase: "WaitingForPluginOperationsPartiallyFailed" }),
      ["working", "VeleroBackupInProgress", "0 items"],
    ],
    [
      "it is rounded off",
      seenBackup({ phase: "Finalizing", progress }),
      ["working", "VeleroBackupInProgress", "is Finalizing"],
    ],
    [
      "somebody deletes it",
      seenBackup({ phase: "Deleting" }),
      ["working", "VeleroBackupInProgress", "is Deleting"],
    ],
    [
      "it is complete",
      seenBackup({ phase: "Completed", progress, warnings: 2 }),
      ["succeeded", "VeleroBackupCompleted", "2 warnings"],
    ],
    [
      "it has failed",
      seenBackup({ phase: "Failed", failureReason: "no\n  room" }),
      ["failed", "VeleroBackupFailed", "op-u1 is Failed: no room"],
    ],
    [
      "it has failed without a word",
      seenBackup({ phase: "Failed" }),
      ["failed", "VeleroBackupFailed", "Velero says no more"],
    ],
    [
      "Velero refuses it",
      seenBackup({
        phase: "FailedValidation",
        validationErrors: ["no location", "bad list"],
      }),
      ["failed", "VeleroBackupFailed", "no location; bad list"],
    ],
    [
      "the name is taken",
      seenBackup({ phase: "Completed" }, { labels: {} }),
      ["failed", "EngineFailed", "Backup velero/op-u1 is somebody else's"],
    ],
    [
      "the kind is not served for a while",
      { for: "backup", work: { ref, isServed: false } },
      ["working", "EngineStarted", "serves no Backup (velero.io/v1) now"],
    ],
    [
      "another instance lives there, and no selector says which is meant",
      { ...noBackup, before: { neighbours: ["blog"] } },
      ["failed", "PreconditionFailed", "(blog): parameters.labelSelector"],
    ],
  ])("when %s", (_when, seen, expected) => {
    expectVerdict(engine.decide(backup({}), seen), expected);
  });

  it("is over and degraded with errors, which it counts", () => {
    const status = {
      phase: "PartiallyFailed",
      errors: 2,
      warnings: 1,
      progress,
    };
    const expiration = "2026-12-29T00:00:00Z";
    expect(
      engine.decide(backup({}), seenBackup({ ...status, expiration })),
    ).toMatchObject({
      state: "succeeded",
      reason: "EngineCompleted",
      degraded: {
        reason: "VeleroBackupPartiallyFailed",
        message: expect.stringContaining("2 errors and 1 warnings") as string,
      },
      outputs: {
        backupName: "op-u1",
        backupItemCount: 3,
        backupItemsTotal: 12,
        errors: 2,
        warnings: 1,
        expiration,
      },
    });
  });

  it("that was seen once and is gone has failed, and is made no second time", () => {
    const run = backup({}, { outputs: { backupName: "op-u1" } });
    const verdict = engine.decide(run, noBackup);
    expectVerdict(verdict, ["failed", "EngineFailed", "velero/op-u1 is gone"]);
  });

  it.each<[string, number, string | undefined, Expected]>([
    [
      "waits for the class",
      0,
      undefined,
      ["working", "EngineStarted", "no VolumeSnapshotClass fast"],
    ],
    [
      "waits for the class ten minutes at most",
      600_000,
      undefined,
      ["failed", "PreconditionFailed", "no VolumeSnapshotClass fast"],
    ],
    [
      "can't name a driver of a long name",
      0,
      "a".repeat(40),
      ["failed", "PreconditionFailed", "is too long"],
    ],
  ])("with a snapshot class %s", (_title, now, driver, expected) => {
    const run = backup({ csiSnapshotClassName: "fast" }, { now });
    const snapshotClass = driver && { ...B1, driver };
    const before = { neighbours: [], ...(snapshotClass && { snapshotClass }) };
    const seen = { ...noBackup, before } as VeleroSeen;
    expectVerdict(engine.decide(run, seen), expected);
  });
});

describe("A restore by Velero", () => {
  it("is made with what the parameters say, of named namespaces", () => {
    const run = restore({
      namespaceMapping: { old: "shop" },
      restorePVs: true,
      existingResourcePolicy: "update",
    });
    const b1 = { ...B1, metadata: { ...B1.metadata, labels: OURS } };
    expect(created(engine.decide(run, noRestore(b1)))).toMatchObject({
      ...RESTORE,
      metadata: { name: "op-u1", namespace: "velero", labels: OURS },
      spec: {
        backupName: "b1",
        includedNamespaces: ["old"],
        excludedResources: [
          "applicationinstances.apps.vworkspace.io",
          "operations.ops.vworkspace.io",
          "clusters.ops.vworkspace.io",
        ],
        namespaceMapping: { old: "shop" },
        restorePVs: true,
        existingResourcePolicy: "update",
      },
    });
  });

  it("in place is of the operation's own namespace", () => {
    expect(created(engine.decide(restore(), noRestore()))?.["spec"]).toEqual({
      backupName: "b1",
      includedNamespaces: ["shop"],
      excludedResources: expect.any(Array) as unknown,
    });
  });

  const phase = (name: string, more = {}) => ({
    ...B1,
    spec: { includedNamespaces: ["shop"] },
    status: { phase: name, ...more },
  });
  it.each<[string, VeleroSeen, Expected]>([
    [
      "there is no such backup yet",
      withoutB1,
      ["working", "EngineStarted", "there is no Backup velero/b1"],
    ],
    [
      "the backup is under way",
      noRestore(phase("InProgress")),
      ["working", "EngineStarted", "b1 is InProgress"],
    ],
    [
      "the backup has failed",
      noRestore(phase("Failed", { failureReason: "no room" })),
      ["failed", "PreconditionFailed", "can't be restored: no room"],
    ],
    [
      "the backup has some errors",
      noRestore(phase("PartiallyFailed")),
      ["working", "VeleroRestoreInProgress", "handed to Velero"],
    ],
    [
      "the backup is of everything",
      noRestore({ ...B1, spec: { includedNamespaces: ["*"] } }),
      ["working", "VeleroRestoreInProgress", "handed to Velero"],
    ],
    [
      "the backup is of another namespace",
      noRestore({ ...B1, spec: { includedNamespaces: ["blog"] } }),
      [
        "failed",
        "PreconditionFailed",
        "nothing of namespace shop, but of blog",
      ],
    ],
    [
      "another instance lives there",
      noRestore(undefined, ["blog"]),
      ["failed", "PreconditionFailed", "parameters.labelSelector"],
    ],
    [
      "Velero has not looked",
      seenRestore(),
      ["working", "VeleroRestoreInProgress", "waits for Velero to begin"],
    ],
    [
      "it is under way",
      seenRestore({ phase: "InProgress", progress: { itemsRestored: 1 } }),
      ["working", "VeleroRestoreInProgress", "is InProgress: 1 items"],
    ],
    [
      "it has failed",
      seenRestore({ phase: "Failed", failureReason: "no access" }),
      ["failed", "VeleroRestoreFailed", "is Failed: no access"],
    ],
    [
      "Velero refuses it",
      seenRestore({ phase: "FailedValidation", validationErrors: ["no b1"] }),
      ["failed", "VeleroRestoreFailed", "no b1"],
    ],
    [
      "it is complete",
      seenRestore({ phase: "Completed", progress: { itemsRestored: 4 } }),
      ["succeeded", "VeleroRestoreCompleted", "4 items, 0 warnings"],
    ],
    [
      "the name is taken",
      seenRestore({}, { labels: undefined }),
      ["failed", "EngineFailed", "is somebody else's"],
    ],
  ])("when %s", (_when, seen, expected) => {
    expectVerdict(engine.decide(restore(), seen), expected);
  });

  it("waits ten minutes at most for a backup to come in from the storage", () => {
    const run = restore({}, { now: 600_000 });
    const verdict = engine.decide(run, withoutB1);
    expectVerdict(verdict, ["failed", "PreconditionFailed", "ten minutes"]);
  });

  it("takes another namespace only out of a backup that an operation made", () => {
    const run = restore({ namespaceMapping: { secret: "shop" } });
    const theirs = { ...B1, spec: { includedNamespaces: ["*"] } };
    const verdict = engine.decide(run, noRestore(theirs));
    expectVerdict(verdict, [
      "failed",
      "PreconditionFailed",
      "made by no operation",
    ]);
  });

  it("that was seen once and is gone has failed", () => {
    const run = restore({}, { outputs: { restoreName: "op-u1" } });
    const verdict = engine.decide(run, noRestore());
    expectVerdict(verdict, ["failed", "EngineFailed", "is gone"]);
  });

  const some = { itemsRestored: 4, totalItems: 4 };
  it.each<[string, JsonObject, object, string | undefined]>([
    [
      "with errors",
      {},
      { phase: "PartiallyFailed", errors: 1, progress: some },
      "VeleroRestorePartiallyFailed",
    ],
    [
      "that restored nothing",
      {},
      { phase: "Completed" },
      "VeleroRestoreSkipped",
    ],
    [
      "in place that skipped what exists",
      {},
      { phase: "Completed", warnings: 4, progress: some },
      "VeleroRestoreSkipped",
    ],
    [
      "in place that updated what exists",
      { existingResourcePolicy: "update" },
      { phase: "Completed", warnings: 4, progress: some },
      undefined,
    ],
    [
      "from another namespace",
      { namespaceMapping: { old: "shop" } },
      { phase: "Completed", warnings: 4, progress: some },
      undefined,
    ],
  ])("%s is degraded as it should be", (_which, parameters, status, reason) => {
    const verdict = engine.decide(restore(parameters), seenRestore(status));
    expect(verdict.state).toBe("succeeded");
    expect(
      verdict.state === "succeeded" ? verdict.degraded?.reason : "none",
    ).toBe(reason);
  });
});

describe("An operation by Velero that has to end", () => {
  const deletionRef = {
    ...DELETE_BACKUP_REQUEST,
    namespace: "velero",
    name: "op-u1-delete",
  };
  const over = { phase: "Completed" };
  const deleting = (request?: KubeObject, isServed = true): VeleroSeen => ({
    ...(seenBackup(over) as Extract<VeleroSeen, { for: "backup" }>),
    deletion: {
      ref: deletionRef,
      isServed,
      ...(request && { object: request }),
    },
  });
  const request = (status?: object, metadata = {}) =>
    object(DELETE_BACKUP_REQUEST, status, {
      name: "op-u1-delete",
      ...metadata,
    });

  it.each<[string, VeleroSeen, string, string]>([
    ["nothing was made", noBackup, "ended", "not been given"],
    [
      "the kind is gone",
      { for: "backup", work: { ref, isServed: false } },
      "ended",
      "went with the definition",
    ],
    [
      "the name is somebody else's",
      seenBackup({}, { labels: {} }),
      "ended",
      "and stays",
    ],
    [
      "somebody deletes it",
      seenBackup({}, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      "ending",
      "waits for Velero",
    ],
    ["Velero has not begun", seenBackup(), "ending delete", "before Velero"],
    [
      "the backup is under way",
      seenBackup({ phase: "InProgress", progress: { itemsBackedUp: 1 } }),
      "ending",
      "can't be cancelled: it is deleted when Velero is through (1 items)",
    ],
    [
      "Velero refused it",
      seenBackup({ phase: "FailedValidation" }),
      "ending delete",
      "is deleted",
    ],
    ["it is over", deleting(), "ending create", "told to delete"],
    ["Velero deletes it", deleting(request()), "ending", "deletes"],
    [
      "Velero could not delete it",
      deleting(request({ phase: "Processed", errors: ["read-only"] })),
      "ended",
      "op-u1 is left: Velero could not delete it: read-only",
    ],
    [
      "the request's name is somebody else's",
      deleting(request({}, { labels: {} })),
      "ended",
      "is left",
    ],
    [
      "there are no such requests any more",
      deleting(undefined, false),
      "ended",
      "is left",
    ],
    [
      "a restore has not begun",
      seenRestore({ phase: "New" }),
      "ending delete",
      "before Velero begins",
    ],
    [
      "a restore is under way",
      seenRestore({ phase: "InProgress" }),
      "ending delete",
      "what Velero has restored stays",
    ],
    [
      "a restore is over",
      seenRestore({ phase: "Completed" }),
      "ended",
      "was over already (Completed)",
    ],
  ])("when %s", (_when, seen, expected, words) => {
    const end = engine.end(backup({}), seen);
    const action = end.state === "ending" && end.action?.do;
    expect(action ? `${end.state} ${action}` : end.state).toBe(expected);
    expect(end.message).toContain(words);
  });

  it("deletes what Velero has not begun only while it is so", () => {
    const end = engine.end(backup({}), seenBackup({ phase: "New" }));
    expect(end).toMatchObject({ action: { do: "delete", onlyAsSeen: true } });
  });

  it.each([
    ["backupName", noBackup, "is gone"],
    ["restoreName", withoutB1, "what Velero had restored by then stays"],
  ] as const)("with %s gone has ended", (output, seen, words) => {
    const run = backup({}, { outputs: { [output]: "op-u1" } });
    const end = engine.end(run, seen);
    expect(end.state).toBe("ended");
    expect(end.message).toContain(words);
  });
});
