import type { JsonObject, OperationReason } from "@vworkspace/resources";
import type { EngineRun, EngineVerdict } from "../engine";
import { isOfOperation } from "../engine-objects";
import { factsOf } from "./backup.decide";
import { parametersOf } from "./parameters";
import {
  back,
  type Course,
  holding,
  isHeld,
  leftHeld,
} from "./restore-holds.decide";
import {
  planFor,
  plannedOf,
  planOf,
  type RestorePlan,
  restoredClaim,
} from "./restore-plan.decide";
import {
  targetIsGoing,
  unusableSnapshot,
  whyNotBegun,
} from "./restore-preconditions.decide";
import { nameOf } from "./snapshot-objects";
import type { SnapshotSeen } from "./snapshot.observe";
import { cut, failed, working } from "./verdicts";

/** Nothing watched tells of pods and volumes. */
const RECHECK_MS = 2_000;
/** Deleting the old volume, and having the new one. */
const REPLACING = "SnapshotRestoreReplacingVolume";

type Step = (course: Course) => EngineVerdict | undefined;

/** In this order; the first that has something to do or to wait for is where the restore stands. */
const STEPS: readonly Step[] = [
  restoredIsGone,
  somebodyElses,
  noLongerWanted,
  holdRelease,
  stopWorkloads,
  waitForPods,
  deleteOld,
  waitForOldToGo,
  createNew,
  newIsBroken,
  waitUntilBound,
  startAgain,
  waitForFirstPod,
];

/**
 * A volume is replaced under its own name by what a snapshot holds. Where it stands is read from the cluster: what is held
 * carries the operation's uid, and so does the new volume. What was before is in the outputs ahead of the first write.
 */
export function decideRestore(
  run: EngineRun,
  seen: SnapshotSeen,
): EngineVerdict {
  const plan = planOf(run.outputs);
  if (plan !== undefined) return proceed(courseOf(run, seen, plan));
  const problem = whyNotBegun(run, seen);
  const { claim, snapshot } = seen;
  if (problem !== undefined || claim === undefined || snapshot === undefined)
    return failed("PreconditionFailed", problem ?? "There is no volume");
  const begun = planFor(claim, seen);
  return withOutputs(proceed(courseOf(run, seen, begun)), {
    ...factsOf(snapshot),
    restore: begun as unknown as JsonObject,
  });
}

export function courseOf(
  run: EngineRun,
  seen: SnapshotSeen,
  plan: RestorePlan,
): Course {
  return { run, seen, plan, place: placeOf(run, seen, plan) };
}

function placeOf(
  { uid }: EngineRun,
  { claim }: SnapshotSeen,
  { volume }: RestorePlan,
): Course["place"] {
  if (claim === undefined) return "none";
  if (isOfOperation(claim, uid)) return "new";
  if (claim.metadata.uid !== volume.uid) return "other";
  return claim.metadata.deletionTimestamp === undefined ? "old" : "going";
}

export function proceed(course: Course): EngineVerdict {
  const verdict = STEPS.reduce<EngineVerdict | undefined>(
    (hit, step) => hit ?? step(course),
    undefined,
  );
  return verdict === undefined ? restored(course) : withVolume(course, verdict);
}

function restored(course: Course): EngineVerdict {
  const { pvc, snapshotName } = parametersOf(course.run);
  return withVolume(course, {
    state: "succeeded",
    reason: "EngineCompleted",
    message: `PersistentVolumeClaim ${pvc} holds what VolumeSnapshot ${snapshotName} held, and what uses it runs again`,
  });
}

/** What was once seen and is gone isn't made again: so it has to be known that it was seen. */
function withVolume(
  { place, seen }: Course,
  verdict: EngineVerdict,
): EngineVerdict {
  const uid = seen.claim?.metadata.uid;
  return place === "new" && uid !== undefined
    ? withOutputs(verdict, { restoredVolumeUid: uid })
    : verdict;
}

function withOutputs(
  verdict: EngineVerdict,
  outputs: JsonObject,
): EngineVerdict {
  return { ...verdict, outputs: { ...outputs, ...verdict.outputs } };
}

function restoredIsGone({ place, run, seen }: Course) {
  if (place !== "none" || run.outputs["restoredVolumeUid"] === undefined)
    return undefined;
  return failed(
    "EngineFailed",
    `PersistentVolumeClaim ${parametersOf(run).pvc}, which was restored, is gone${leftHeld(run, seen)}`,
  );
}

/** The application has a volume, though another one: it runs with that. */
function somebodyElses(course: Course) {
  const { place, seen } = course;
  if (place !== "other") return undefined;
  const words = `PersistentVolumeClaim ${seen.claim?.metadata.name} is somebody else's: it was put there while the old one was replaced`;
  return back(course, words) ?? failed("EngineFailed", words);
}

/** As long as the old volume is there, everything can be as it was. */
function noLongerWanted(course: Course) {
  if (course.place !== "old") return undefined;
  const words =
    targetIsGoing(course.run) ?? unusableSnapshot(course.run, course.seen);
  return words === undefined
    ? undefined
    : (back(course, words) ?? failed("PreconditionFailed", words));
}

function holdRelease({ place, run, seen: { release } }: Course) {
  if (place !== "old" || release === undefined) return undefined;
  if (isHeld(release, run.uid) && release.spec?.suspend === true)
    return undefined;
  return working(`1 of 6: HelmRelease ${release.metadata.name} is suspended`, {
    reason: "SnapshotRestoreSuspending",
    action: {
      do: "patch",
      object: release,
      patch: { ...holding(run.uid), spec: { suspend: true } },
    },
  });
}

function stopWorkloads({ place, run, plan, seen }: Course) {
  if (place !== "old") return undefined;
  const next = seen.workloads.find(
    (workload) => plannedOf(plan, workload) && !isHeld(workload, run.uid),
  );
  return (
    next &&
    working(`2 of 6: ${nameOf(next)} is scaled to zero`, {
      reason: "SnapshotRestoreScalingDown",
      action: {
        do: "patch",
        object: next,
        patch: { ...holding(run.uid), spec: { replicas: 0 } },
      },
    })
  );
}

function waitForPods({ place, run, seen: { pods } }: Course) {
  if (place !== "old" || pods.length === 0) return undefined;
  return waiting(
    "SnapshotRestoreScalingDown",
    `3 of 6: waiting until no pod uses ${parametersOf(run).pvc} any more: ${pods.slice(0, 5).join(", ")}`,
  );
}

/** Said before it is done: from here on there is no way back. */
function deleteOld({ place, seen: { claim } }: Course) {
  if (place !== "old" || claim === undefined) return undefined;
  return working(`4 of 6: ${nameOf(claim)} is deleted`, {
    reason: REPLACING,
    outputs: { isReplacing: true },
    action: { do: "delete", object: claim },
  });
}

function waitForOldToGo({ place, seen: { claim, pods } }: Course) {
  if (place !== "going" || claim === undefined) return undefined;
  const users =
    pods.length > 0 ? `; used by ${pods.slice(0, 5).join(", ")}` : "";
  return waiting(
    REPLACING,
    `4 of 6: waiting until ${nameOf(claim)} is gone${users}`,
    { isReplacing: true },
  );
}

/** The volume can't be had without it, so there is nothing better than to wait for it. */
function createNew({ place, run, plan, seen }: Course) {
  if (place !== "none") return undefined;
  const words = unusableSnapshot(run, seen);
  if (words !== undefined)
    return waiting(
      REPLACING,
      `5 of 6: ${words}, and the volume it is to replace is deleted: bring it back, and the restore goes on`,
    );
  const object = restoredClaim(run, plan, seen);
  return working(`5 of 6: ${nameOf(object)} is created from the snapshot`, {
    reason: REPLACING,
    outputs: { isReplacing: true },
    action: { do: "create", object },
  });
}

function newIsBroken({ place, run, seen }: Course) {
  const { claim } = seen;
  if (place !== "new" || claim === undefined) return undefined;
  const isGoing = claim.metadata.deletionTimestamp !== undefined;
  if (!isGoing && claim.status?.phase !== "Lost") return undefined;
  return failed(
    "EngineFailed",
    `${nameOf(claim)}, which was restored, is ${isGoing ? "being deleted by somebody" : "lost"}${leftHeld(run, seen)}`,
  );
}

function waitUntilBound({ seen: { claim, bindsLate, complaint } }: Course) {
  if (claim?.status?.phase === "Bound" || bindsLate) return undefined;
  return waiting(
    REPLACING,
    `5 of 6: waiting until ${claim ? nameOf(claim) : "the volume"} is bound${complained(complaint)}`,
  );
}

function startAgain(course: Course) {
  return back(course, "6 of 6: the volume is restored");
}

/** A volume that is made for its first pod is there only when that runs. */
function waitForFirstPod({ plan, seen: { claim, complaint } }: Course) {
  if (claim?.status?.phase === "Bound" || plan.workloads.length === 0)
    return undefined;
  return waiting(
    "SnapshotRestoreResuming",
    `6 of 6: waiting until a pod has ${claim ? nameOf(claim) : "the volume"} bound${complained(complaint)}`,
  );
}

function complained(complaint: string | undefined): string {
  return complaint === undefined ? "" : `: ${cut(complaint)}`;
}

function waiting(
  reason: OperationReason,
  message: string,
  outputs?: JsonObject,
): EngineVerdict {
  return working(message, {
    reason,
    recheckAfterMs: RECHECK_MS,
    ...(outputs && { outputs }),
  });
}
