import type { JsonObject } from "@vworkspace/resources";
import { instance } from "../../testing/flux-objects";
import {
  OURS,
  HELD,
  GOING,
  restore,
  claim,
  snapshot,
  READY,
  workload,
  release,
  seen,
  outcomeOf,
} from "../../testing/snapshot-worlds";
import { STATEFUL_SET } from "../../watches/watched-kinds";
import type { EngineRun } from "../engine";
import { decideSnapshot, endSnapshot } from "./snapshot.decide";
import type { SnapshotSeen } from "./snapshot.observe";

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
      "working SnapshotRestoreSuspending patch",
      "1 of 6: HelmRelease web is suspended",
    ],
    [
      "suspends it again where somebody resumed it",
      begun(),
      { ...fresh, release: release(HELD, false) },
      "working SnapshotRestoreSuspending patch",
      "1 of 6",
    ],
    [
      "does without a HelmRelease",
      begun(),
      seen({ claim: claim(), snapshot: READY, workloads: [workload()] }),
      "working SnapshotRestoreScalingDown patch",
      "2 of 6: Deployment web is scaled to zero",
    ],
    [
      "waits for pods",
      begun(),
      { ...fresh, ...still, pods: ["web-1"] },
      "working SnapshotRestoreScalingDown",
      "3 of 6: waiting until no pod uses data any more: web-1",
    ],
    [
      "deletes the volume when nothing uses it",
      begun(),
      { ...fresh, ...still },
      "working SnapshotRestoreReplacingVolume delete",
      "4 of 6: PersistentVolumeClaim data is deleted",
    ],
    [
      "waits until it is gone",
      begun(),
      { ...fresh, ...still, claim: claim(GOING), pods: ["web-1"] },
      "working SnapshotRestoreReplacingVolume",
      "4 of 6: waiting until PersistentVolumeClaim data is gone; used by web-1",
    ],
    [
      "creates the new one",
      begun(),
      seen({ ...still, snapshot: READY }),
      "working SnapshotRestoreReplacingVolume create",
      "5 of 6: PersistentVolumeClaim data is created from the snapshot",
    ],
    [
      "waits for a snapshot that went after the volume did",
      begun(),
      seen(still),
      "working SnapshotRestoreReplacingVolume",
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
      "working SnapshotRestoreReplacingVolume",
      "5 of 6: waiting until PersistentVolumeClaim data is bound: quota exceeded",
    ],
    [
      "starts workloads again",
      begun(),
      seen({ ...still, claim: claim(NEW) }),
      "working SnapshotRestoreResuming patch",
      "Deployment web is started again",
    ],
    [
      "starts them before a volume that waits for its first pod",
      begun(),
      seen({ ...still, claim: claim(NEW, "Pending"), bindsLate: true }),
      "working SnapshotRestoreResuming patch",
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
      "working SnapshotRestoreResuming patch",
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
      "working SnapshotRestoreResuming",
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
      "working SnapshotRestoreResuming patch",
      "There is no VolumeSnapshot before; Deployment web is started again",
    ],
    [
      "puts everything back when the instance is deleted",
      begun({}, {}, instance({}, GOING)),
      { ...fresh, ...still },
      "working SnapshotRestoreResuming patch",
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
      "working SnapshotRestoreResuming patch",
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
  ])("%s", (_title, run, world, ...[outcome, words]) => {
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
  ])("%s", (_title, run, world, ...[state, words]) => {
    const end = endSnapshot(run, world);
    expect(end.state).toBe(state);
    expect(end.message ?? "").toContain(words ?? "");
  });
});
