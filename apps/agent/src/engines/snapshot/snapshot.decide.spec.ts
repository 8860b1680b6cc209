import type { JsonObject } from "@vworkspace/resources";
import { engineRun, RUN_NOW } from "../../testing/engine-run";
import { instance } from "../../testing/flux-objects";
import { DEPLOYMENT, HELM_RELEASE } from "../../watches/watched-kinds";
import type { EngineRun } from "../engine";
import {
  decideSnapshot,
  endSnapshot,
  snapshotProblems,
} from "./snapshot.decide";
import type { SnapshotSeen } from "./snapshot.observe";
import {
  type HeldRelease,
  STATEFUL_SET,
  VOLUME_CLAIM,
  VOLUME_SNAPSHOT,
  type VolumeClaim,
  type VolumeSnapshot,
  type Workload,
} from "./snapshot-objects";

type Metadata = Partial<VolumeClaim["metadata"]>;

const OURS = { labels: { "ops.vworkspace.io/operation": "u-op" } };
const HELD = { annotations: { "ops.vworkspace.io/held-by": "u-op" } };
const GOING = { deletionTimestamp: "2026-01-01T00:00:00Z" };

function backup(over: Partial<EngineRun> = {}): EngineRun {
  const parameters = { pvc: "data" };
  return engineRun({ type: "Backup", engine: "snapshot", parameters }, over);
}

function restore(over: Partial<EngineRun> = {}): EngineRun {
  const parameters = { pvc: "data", snapshotName: "before" };
  return engineRun({ type: "Restore", engine: "snapshot", parameters }, over);
}

function claim(
  metadata: Metadata = {},
  phase = "Bound",
  spec: VolumeClaim["spec"] & object = {},
): VolumeClaim {
  return {
    ...VOLUME_CLAIM,
    metadata: { name: "data", namespace: "shop", uid: "u-old", ...metadata },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      resources: { requests: { storage: "10Gi" } },
      ...spec,
    },
    status: { phase },
  };
}

function snapshot(
  status: VolumeSnapshot["status"] & object = {},
  metadata: Metadata = OURS,
  source: object = { persistentVolumeClaimName: "data" },
): VolumeSnapshot {
  return {
    ...VOLUME_SNAPSHOT,
    metadata: { name: "before", namespace: "shop", ...metadata },
    spec: { source },
    status,
  };
}

const READY = snapshot({ readyToUse: true, restoreSize: "12Gi" });

function workload(
  metadata: Metadata = {},
  spec: Workload["spec"] & object = { replicas: 2 },
  kind = DEPLOYMENT,
): Workload {
  return { ...kind, metadata: { name: "web", ...metadata }, spec };
}

function release(metadata: Metadata = {}, suspend = false): HeldRelease {
  const { apiVersion, kind } = HELM_RELEASE;
  return {
    apiVersion,
    kind,
    metadata: { name: "web", ...metadata },
    spec: { suspend },
  };
}

function seen(over: Partial<SnapshotSeen> = {}): SnapshotSeen {
  return { workloads: [], pods: [], bindsLate: false, ...over };
}

describe("A snapshot of a volume", () => {
  const known = { volumeSnapshotName: "op-u-op" };
  const error = { message: "busy" };
  const minutesAgo = (minutes: number) =>
    new Date(RUN_NOW - minutes * 60_000).toISOString();

  it.each<[string, EngineRun, SnapshotSeen, string, string]>([
    [
      "is created where there is none",
      backup(),
      seen({ claim: claim() }),
      "working EngineStarted create",
      "VolumeSnapshot op-u-op of data is created",
    ],
    [
      "can't be made of a volume that isn't there",
      backup(),
      seen(),
      "failed PreconditionFailed",
      "There is no PersistentVolumeClaim data",
    ],
    [
      "can't be made of another instance's volume",
      backup(),
      seen({
        claim: claim({ labels: { "helm.toolkit.fluxcd.io/name": "shop" } }),
      }),
      "failed PreconditionFailed",
      "belongs to the release shop, not to web",
    ],
    [
      "can't be made of a volume that another instance's set uses",
      backup(),
      seen({
        claim: claim(),
        workloads: [
          workload({ labels: { "helm.toolkit.fluxcd.io/name": "shop" } }),
        ],
      }),
      "failed PreconditionFailed",
      "Deployment web belongs to the release shop",
    ],
    [
      "that was seen and is gone is not made again",
      backup({ outputs: known }),
      seen({ claim: claim() }),
      "failed EngineFailed",
      "VolumeSnapshot op-u-op is gone",
    ],
    [
      "without our label is somebody else's",
      backup(),
      seen({ snapshot: snapshot({}, {}) }),
      "failed EngineFailed",
      "is somebody else's",
    ],
    [
      "that somebody deletes is given up",
      backup(),
      seen({ snapshot: snapshot({}, { ...OURS, ...GOING }) }),
      "failed EngineFailed",
      "is being deleted by somebody",
    ],
    [
      "is waited for",
      backup(),
      seen({ snapshot: snapshot() }),
      "working EngineStarted",
      "is being made",
    ],
    [
      "is done when it can be used",
      backup(),
      seen({ snapshot: READY }),
      "succeeded VolumeSnapshotReadyToUse",
      "is ready to use",
    ],
    [
      "with a new error is tried again",
      backup(),
      seen({ snapshot: snapshot({ error }) }),
      "working EngineStarted",
      "busy; it is tried again",
    ],
    [
      "with an error of long ago in the outputs failed, though its time is new",
      backup({ outputs: { errorSince: minutesAgo(5) } }),
      seen({
        snapshot: snapshot({ error: { ...error, time: minutesAgo(1) } }),
      }),
      "failed VolumeSnapshotFailed",
      "busy",
    ],
    [
      "with an error that stands in its status for long failed, though nobody looked",
      backup(),
      seen({
        snapshot: snapshot({ error: { ...error, time: minutesAgo(6) } }),
      }),
      "failed VolumeSnapshotFailed",
      "busy",
    ],
  ])("%s", (_title, run, world, outcome, words) => {
    expect(outcomeOf(run, world)).toEqual([
      outcome,
      expect.stringContaining(words),
    ]);
  });

  it("forgets an error that passed", () => {
    const run = backup({ outputs: { errorSince: minutesAgo(4) } });
    const { outputs } = decideSnapshot(run, seen({ snapshot: snapshot() }));
    expect(outputs).toMatchObject({ errorSince: null });
  });

  it("cuts a driver's long words", () => {
    const error = { message: "x".repeat(5000) };
    const { message } = decideSnapshot(
      backup(),
      seen({ snapshot: snapshot({ error }) }),
    );
    expect(message.length).toBeLessThan(1200);
  });

  it.each<[string, SnapshotSeen, string]>([
    ["nothing where there is nothing", seen(), "ended"],
    [
      "nothing of somebody else's",
      seen({ snapshot: snapshot({}, {}) }),
      "ended",
    ],
    ["nothing of what can be used", seen({ snapshot: READY }), "ended stays"],
    [
      "what is not ready",
      seen({ snapshot: snapshot() }),
      "ending is deleted delete",
    ],
    [
      "nothing twice",
      seen({ snapshot: snapshot({}, { ...OURS, ...GOING }) }),
      "ending is deleted",
    ],
  ])("takes back %s", (_title, world, words) => {
    const end = endSnapshot(backup(), world);
    const action = end.state === "ending" ? end.action?.do : undefined;
    const [state = "", ...rest] = words.split(" ");
    const said = rest.filter((word) => word !== "delete").join(" ");
    expect(end.state).toBe(state);
    expect(end.message ?? "").toContain(said);
    expect(action).toBe(words.endsWith(" delete") ? "delete" : undefined);
  });

  it("is refused with quiesce, since no instance declares commands for it", () => {
    const quiet = (enabled: boolean) =>
      snapshotProblems(
        backup({ parameters: { pvc: "data", quiesce: { enabled } } }),
      );
    expect(quiet(false)).toEqual([]);
    expect(quiet(true)).toEqual([
      expect.objectContaining({ field: "spec.parameters.quiesce.enabled" }),
    ]);
  });
});

function outcomeOf(run: EngineRun, world: SnapshotSeen): [string, string] {
  const verdict = decideSnapshot(run, world);
  const action =
    verdict.state === "working" && verdict.action
      ? ` ${verdict.action.do}`
      : "";
  return [`${verdict.state} ${verdict.reason}${action}`, verdict.message];
}

/** A restore that has begun, with what it remembers. */
function begun(
  outputs: JsonObject = {},
  plan: JsonObject = {},
  target = instance(),
): EngineRun {
  return restore({
    target,
    outputs: {
      restore: {
        wasSuspended: false,
        workloads: [{ kind: "Deployment", name: "web", replicas: 2 }],
        volume: {
          uid: "u-old",
          storage: "10Gi",
          accessModes: ["ReadWriteOnce"],
          labels: {},
          annotations: {},
        },
        ...plan,
      },
      ...outputs,
    },
  });
}

const stopped = workload(HELD, { replicas: 0 });
const heldRelease = release(HELD, true);
const still = { release: heldRelease, workloads: [stopped] };
const NEW = { ...OURS, uid: "u-new" };
const fresh = seen({
  claim: claim(),
  snapshot: READY,
  release: release(),
  workloads: [workload()],
});

describe("A restore in place that has not begun", () => {
  it.each<[string, Partial<SnapshotSeen>, string]>([
    ["snapshot", { snapshot: snapshot({ readyToUse: false }) }, "not ready"],
    [
      "snapshot's own words",
      { snapshot: snapshot({ error: { message: "lost" } }) },
      "is not ready to use: lost",
    ],
    [
      "snapshot that goes",
      { snapshot: snapshot({ readyToUse: true }, GOING) },
      "is being deleted",
    ],
    [
      "snapshot of another volume",
      {
        snapshot: snapshot({ readyToUse: true }, OURS, {
          persistentVolumeClaimName: "logs",
        }),
      },
      "is of the PersistentVolumeClaim logs, not of data",
    ],
    [
      "snapshot of nobody knows what",
      {
        snapshot: snapshot({ readyToUse: true }, OURS, {
          volumeSnapshotContentName: "content",
        }),
      },
      "nobody can tell whether it is of data",
    ],
    ["volume that goes", { claim: claim(GOING) }, "is being deleted"],
    [
      "memory, when it has made the volume already",
      { claim: claim(OURS) },
      "status.outputs.restore, which told how everything was before, is gone",
    ],
    [
      "memory, when it has stopped something already",
      { workloads: [workload(HELD, { replicas: 0 })] },
      "is gone; Deployment web stay stopped",
    ],
    [
      "volume's many annotations, for which a status has no room",
      { claim: claim({ annotations: { much: "x".repeat(9000) } }) },
      "characters to remember",
    ],
    [
      "volume of another instance",
      { claim: claim({ labels: { "helm.toolkit.fluxcd.io/name": "b" } }) },
      "belongs to the release b",
    ],
    [
      "set that deletes its volumes",
      {
        workloads: [
          workload(
            { name: "db" },
            {
              persistentVolumeClaimRetentionPolicy: { whenScaled: "Delete" },
            },
            STATEFUL_SET,
          ),
        ],
      },
      "StatefulSet db deletes its volumes",
    ],
    [
      "release that another operation holds",
      {
        release: release({
          annotations: { "ops.vworkspace.io/held-by": "u-other" },
        }),
      },
      "is held by the operation with the uid u-other",
    ],
  ])("is refused for its %s, and nothing is written", (_title, over, words) => {
    expect(outcomeOf(restore(), { ...fresh, ...over })).toEqual([
      "failed PreconditionFailed",
      expect.stringContaining(words),
    ]);
  });

  it.each([
    ["snapshot", "There is no VolumeSnapshot before"],
    ["claim", "There is no PersistentVolumeClaim data"],
  ] as const)("is refused without its %s", (what, words) => {
    const { [what]: _, ...rest } = fresh;
    expect(outcomeOf(restore(), rest)).toEqual([
      "failed PreconditionFailed",
      expect.stringContaining(words),
    ]);
  });

  it("remembers what there is with its first write", () => {
    const annotations = {
      "pv.kubernetes.io/bind-completed": "yes",
      "helm.sh/resource-policy": "keep",
    };
    const labels = { app: "web", "ops.vworkspace.io/operation": "u-earlier" };
    const { outputs } = decideSnapshot(restore(), {
      ...fresh,
      claim: claim({ annotations, labels }, "Bound", { volumeMode: "Block" }),
      workloads: [workload(), workload({ name: "idle" }, { replicas: 0 })],
    });
    expect(outputs).toEqual({
      volumeSnapshotName: "before",
      restoreSize: "12Gi",
      restore: {
        wasSuspended: false,
        workloads: [{ kind: "Deployment", name: "web", replicas: 2 }],
        volume: {
          uid: "u-old",
          storage: "10Gi",
          accessModes: ["ReadWriteOnce"],
          storageClassName: "fast",
          volumeMode: "Block",
          labels: { app: "web" },
          annotations: { "helm.sh/resource-policy": "keep" },
        },
      },
    });
  });
});

describe("A restore in place", () => {
  it.each<[string, EngineRun, SnapshotSeen, string, string]>([
    [
      "suspends the HelmRelease first",
      begun(),
      fresh,
      "working EngineStarted patch",
      "1 of 6: HelmRelease web is suspended",
    ],
    [
      "suspends it again where somebody resumed it",
      begun(),
      { ...fresh, release: release(HELD, false) },
      "working EngineStarted patch",
      "1 of 6",
    ],
    [
      "does without a HelmRelease",
      begun(),
      seen({ claim: claim(), snapshot: READY, workloads: [workload()] }),
      "working EngineStarted patch",
      "2 of 6: Deployment web is scaled to zero",
    ],
    [
      "waits for pods",
      begun(),
      { ...fresh, ...still, pods: ["web-1"] },
      "working EngineStarted",
      "3 of 6: waiting until no pod uses data any more: web-1",
    ],
    [
      "deletes the volume when nothing uses it",
      begun(),
      { ...fresh, ...still },
      "working EngineStarted delete",
      "4 of 6: PersistentVolumeClaim data is deleted",
    ],
    [
      "waits until it is gone",
      begun(),
      { ...fresh, ...still, claim: claim(GOING), pods: ["web-1"] },
      "working EngineStarted",
      "4 of 6: waiting until PersistentVolumeClaim data is gone; used by web-1",
    ],
    [
      "creates the new one",
      begun(),
      seen({ ...still, snapshot: READY }),
      "working EngineStarted create",
      "5 of 6: PersistentVolumeClaim data is created from the snapshot",
    ],
    [
      "waits for a snapshot that went after the volume did",
      begun(),
      seen(still),
      "working EngineStarted",
      "5 of 6: There is no VolumeSnapshot before",
    ],
    [
      "waits until it is bound, and says what is said against it",
      begun(),
      seen({
        ...still,
        claim: claim(NEW, "Pending"),
        snapshot: READY,
        complaint: "quota exceeded",
      }),
      "working EngineStarted",
      "5 of 6: waiting until PersistentVolumeClaim data is bound: quota exceeded",
    ],
    [
      "starts workloads again",
      begun(),
      seen({ ...still, claim: claim(NEW) }),
      "working EngineStarted patch",
      "Deployment web is started again",
    ],
    [
      "starts them before a volume that waits for its first pod",
      begun(),
      seen({ ...still, claim: claim(NEW, "Pending"), bindsLate: true }),
      "working EngineStarted patch",
      "Deployment web is started again",
    ],
    [
      "resumes the HelmRelease last",
      begun(),
      seen({
        claim: claim(NEW),
        release: heldRelease,
        workloads: [workload()],
      }),
      "working EngineStarted patch",
      "HelmRelease web is resumed",
    ],
    [
      "waits for the first pod's volume",
      begun(),
      seen({
        claim: claim(NEW, "Pending"),
        bindsLate: true,
        release: release(),
      }),
      "working EngineStarted",
      "6 of 6: waiting until a pod has PersistentVolumeClaim data bound",
    ],
    [
      "waits for no pod where none ran",
      begun({}, { workloads: [] }),
      seen({ claim: claim(NEW, "Pending"), bindsLate: true }),
      "succeeded EngineCompleted",
      "holds what VolumeSnapshot before held",
    ],
    [
      "is done then",
      begun(),
      seen({ claim: claim(NEW), release: release() }),
      "succeeded EngineCompleted",
      "holds what VolumeSnapshot before held",
    ],
    [
      "puts everything back when the snapshot goes too early",
      begun(),
      seen({ ...still, claim: claim() }),
      "working EngineStarted patch",
      "There is no VolumeSnapshot before; Deployment web is started again",
    ],
    [
      "puts everything back when the instance is deleted",
      begun({}, {}, instance({}, GOING)),
      { ...fresh, ...still },
      "working EngineStarted patch",
      "web is being deleted; Deployment web is started again",
    ],
    [
      "fails after that",
      begun(),
      seen({ claim: claim() }),
      "failed PreconditionFailed",
      "There is no VolumeSnapshot before",
    ],
    [
      "lets the application run with a volume that somebody else made",
      begun(),
      { ...fresh, ...still, claim: claim({ uid: "u-other" }) },
      "working EngineStarted patch",
      "is somebody else's",
    ],
    [
      "fails after that, too",
      begun(),
      seen({ claim: claim({ uid: "u-other" }) }),
      "failed EngineFailed",
      "is somebody else's",
    ],
    [
      "doesn't make the new one twice",
      begun({ restoredVolumeUid: "u-new" }),
      seen({ ...still, snapshot: READY }),
      "failed EngineFailed",
      "which was restored, is gone; HelmRelease web, Deployment web stay stopped",
    ],
    [
      "fails with a new one that is lost",
      begun(),
      seen({ claim: claim(NEW, "Lost") }),
      "failed EngineFailed",
      "is lost",
    ],
    [
      "fails with a new one that somebody deletes",
      begun(),
      seen({ claim: claim({ ...NEW, ...GOING }) }),
      "failed EngineFailed",
      "is being deleted by somebody",
    ],
  ])("%s", (_title, run, world, outcome, words) => {
    expect(outcomeOf(run, world)).toEqual([
      outcome,
      expect.stringContaining(words),
    ]);
  });

  it("says that there is no way back before it deletes", () => {
    const { outputs } = decideSnapshot(begun(), { ...fresh, ...still });
    expect(outputs).toEqual({ isReplacing: true });
  });

  it("deletes the very volume that it has seen", () => {
    const verdict = decideSnapshot(begun(), { ...fresh, ...still });
    expect(verdict).toMatchObject({
      action: { object: { metadata: { uid: "u-old" } } },
    });
  });

  it.each([
    ["as large as the snapshot needs", READY, "12Gi"],
    [
      "as large as the old one",
      snapshot({ readyToUse: true, restoreSize: 1024 }),
      "10Gi",
    ],
    ["as the old one without more", snapshot({ readyToUse: true }), "10Gi"],
  ])("makes the new volume %s", (_title, from, storage) => {
    const verdict = decideSnapshot(begun(), seen({ ...still, snapshot: from }));
    expect(verdict).toMatchObject({
      action: {
        object: {
          spec: {
            resources: { requests: { storage } },
            dataSource: { kind: "VolumeSnapshot", name: "before" },
          },
        },
      },
    });
  });

  it.each([
    [
      "a HelmRelease that was suspended before",
      begun({}, { wasSuspended: true }),
    ],
    [
      "one whose instance was suspended meanwhile",
      begun({}, {}, instance({ suspend: true })),
    ],
  ])("does not resume %s", (_title, run) => {
    const world = seen({ claim: claim(NEW), release: heldRelease });
    expect(decideSnapshot(run, world)).toMatchObject({
      action: { patch: { spec: { suspend: true } } },
    });
  });

  it("leaves somebody's new number of pods", () => {
    const scaled = workload(HELD, { replicas: 7 });
    const world = seen({ claim: claim(NEW), workloads: [scaled] });
    expect(decideSnapshot(begun(), world)).toMatchObject({
      action: { patch: { spec: { replicas: 7 } } },
    });
  });
});

/** Of a placeholder that nothing runs for. */
function nothingStopped(): EngineRun {
  const run = begun({ isReplacing: true }, { workloads: [] });
  const { wasSuspended: _, ...plan } = run.outputs["restore"] as JsonObject;
  return { ...run, outputs: { ...run.outputs, restore: plan } };
}

describe("The end of a restore", () => {
  const replacing = begun({ isReplacing: true });

  it.each<[string, EngineRun, SnapshotSeen, string, string | undefined]>([
    ["that never began is nothing", restore(), fresh, "ended", undefined],
    [
      "before the deletion starts workloads again",
      begun(),
      { ...fresh, ...still },
      "ending",
      "Deployment web is started again",
    ],
    [
      "before the deletion resumes",
      replacing,
      seen({ claim: claim(), release: heldRelease }),
      "ending",
      "HelmRelease web is resumed",
    ],
    [
      "before the deletion is over then",
      begun(),
      { ...fresh, workloads: [] },
      "ended",
      "was not replaced",
    ],
    [
      "after it goes on",
      replacing,
      seen({ ...still, snapshot: READY }),
      "ending",
      "goes on to its end: 5 of 6",
    ],
    [
      "after it waits as the restore does",
      replacing,
      seen({ ...still, claim: claim(GOING) }),
      "ending",
      "4 of 6",
    ],
    [
      "of one that went wrong after it is told",
      begun({ isReplacing: true, restoredVolumeUid: "u-new" }),
      seen(still),
      "ended",
      "is gone",
    ],
    [
      "of one that is over makes no volume again, however late",
      replacing,
      seen({ snapshot: READY, release: release() }),
      "ended",
      "goes on to its end",
    ],
    [
      "of one that stopped nothing goes on, too",
      nothingStopped(),
      seen({ snapshot: READY }),
      "ending",
      "is created",
    ],
  ])("%s", (_title, run, world, state, words) => {
    const end = endSnapshot(run, world);
    expect(end.state).toBe(state);
    expect(end.message ?? "").toContain(words ?? "");
  });
});
