import type { KubeObject } from "@vworkspace/kube";
import { ANNOTATIONS } from "@vworkspace/resources";
import type { EngineAction, EngineRun } from "../engine";
import { plannedOf, type RestorePlan } from "./restore-plan.decide";
import { nameOf, replicasOf, type Workload } from "./snapshot-objects";
import type { SnapshotSeen } from "./snapshot.observe";
import { working } from "./verdicts";

const RESUMING = "SnapshotRestoreResuming";

/** A restore under way. */
export interface Course {
  readonly run: EngineRun;
  readonly seen: SnapshotSeen;
  readonly plan: RestorePlan;
  /** What stands under the volume's name: the old one, on its way out or not, nothing, ours, or somebody else's. */
  readonly place: "old" | "going" | "none" | "new" | "other";
}

/** The next step to everything as it was: workloads first, then Flux. undefined: it is. */
export function back({ run, seen, plan }: Course, why: string) {
  const { release, workloads } = seen;
  const stopped = workloads.find((workload) => isHeld(workload, run.uid));
  if (stopped !== undefined)
    return working(`${why}; ${nameOf(stopped)} is started again`, {
      reason: RESUMING,
      action: started(stopped, plan),
    });
  if (release === undefined || !isHeld(release, run.uid)) return undefined;
  const suspend =
    plan.wasSuspended === true || run.target.spec.suspend === true;
  return working(
    `${why}; HelmRelease ${release.metadata.name} ${suspend ? "stays suspended, as it was" : "is resumed"}`,
    {
      reason: RESUMING,
      action: {
        do: "patch",
        object: release,
        patch: { ...holding(null), spec: { suspend } },
      },
    },
  );
}

/** Somebody who scaled it up meanwhile is left his number. */
function started(workload: Workload, plan: RestorePlan): EngineAction {
  const replicas = replicasOf(workload) || plannedOf(plan, workload)?.replicas;
  return {
    do: "patch",
    object: workload,
    patch: {
      ...holding(null),
      ...(replicas !== undefined && { spec: { replicas } }),
    },
  };
}

export function heldOf(
  { uid }: EngineRun,
  seen: SnapshotSeen,
): readonly KubeObject[] {
  const { release, workloads } = seen;
  return [...(release ? [release] : []), ...workloads].filter((object) =>
    isHeld(object, uid),
  );
}

/** What a failure leaves behind, and how it is put right. */
export function leftHeld(run: EngineRun, seen: SnapshotSeen): string {
  const held = heldOf(run, seen);
  return held.length === 0
    ? ""
    : `; ${held.map(nameOf).join(", ")} stay stopped: once the volume is right, take the annotation ${ANNOTATIONS.heldBy} off them, scale up what was scaled down, and resume the HelmRelease`;
}

export function isHeld({ metadata }: KubeObject, uid: string): boolean {
  return metadata.annotations?.[ANNOTATIONS.heldBy] === uid;
}

/** Merge patch that begins (the uid) or ends (null) the hold. */
export function holding(uid: string | null) {
  return { metadata: { annotations: { [ANNOTATIONS.heldBy]: uid } } };
}
