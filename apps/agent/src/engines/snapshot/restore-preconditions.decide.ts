import { ANNOTATIONS } from "@vworkspace/resources";
import type { EngineRun } from "../engine";
import { isOfOperation } from "../engine-objects";
import { parametersOf } from "./parameters";
import { heldOf, leftHeld } from "./restore-holds.decide";
import { planFor } from "./restore-plan.decide";
import type { VolumeSnapshot } from "./snapshot-objects";
import type { SnapshotSeen } from "./snapshot.observe";
import { cut } from "./verdicts";
import { otherOwner } from "./volume-owner.decide";

/** Half of what a status takes of outputs. */
const LONGEST_PLAN = 8192;

type Check = (run: EngineRun, seen: SnapshotSeen) => string | undefined;

/** First hit wins. */
const CHECKS: readonly Check[] = [
  targetIsGoing,
  unusableSnapshot,
  claimMissing,
  forgotten,
  tooMuchToRemember,
  otherOwner,
  othersClaims,
  heldByAnother,
];

/** Why a restore can't begin: nothing was touched yet. */
export function whyNotBegun(
  run: EngineRun,
  seen: SnapshotSeen,
): string | undefined {
  return CHECKS.reduce<string | undefined>(
    (hit, check) => hit ?? check(run, seen),
    undefined,
  );
}

export function targetIsGoing({ target }: EngineRun): string | undefined {
  return target.metadata.deletionTimestamp === undefined
    ? undefined
    : `ApplicationInstance ${target.metadata.name} is being deleted`;
}

/** Why the volume can't be made from the snapshot. */
export function unusableSnapshot(
  run: EngineRun,
  { snapshot }: SnapshotSeen,
): string | undefined {
  const { pvc, snapshotName } = parametersOf(run);
  const name = `VolumeSnapshot ${snapshotName}`;
  if (snapshot === undefined) return `There is no ${name}`;
  if (snapshot.metadata.deletionTimestamp !== undefined)
    return `${name} is being deleted`;
  const problem = ofAnotherVolume(snapshot, pvc) ?? unready(snapshot);
  return problem && `${name} ${problem}`;
}

function ofAnotherVolume(
  { spec }: VolumeSnapshot,
  pvc: string,
): string | undefined {
  const source = spec?.source?.persistentVolumeClaimName;
  if (source === pvc) return undefined;
  return source === undefined
    ? `was not made from a volume of this namespace, so that nobody can tell whether it is of ${pvc}`
    : `is of the PersistentVolumeClaim ${source}, not of ${pvc}`;
}

function unready({ status }: VolumeSnapshot): string | undefined {
  if (status?.readyToUse === true) return undefined;
  const message = status?.error?.message;
  return `is not ready to use${message ? `: ${cut(message)}` : ""}`;
}

function claimMissing(
  run: EngineRun,
  { claim }: SnapshotSeen,
): string | undefined {
  const { pvc } = parametersOf(run);
  if (claim === undefined)
    return `There is no PersistentVolumeClaim ${pvc} that could be replaced`;
  return claim.metadata.deletionTimestamp === undefined
    ? undefined
    : `PersistentVolumeClaim ${pvc} is being deleted by somebody`;
}

/** It has begun, as what is held or made tells, and what to start again stood in the outputs alone. */
function forgotten(run: EngineRun, seen: SnapshotSeen): string | undefined {
  const { claim } = seen;
  const isMade = claim !== undefined && isOfOperation(claim, run.uid);
  return isMade || heldOf(run, seen).length > 0
    ? `status.outputs.restore, which told how everything was before, is gone${leftHeld(run, seen)}`
    : undefined;
}

/** A status holds only so much, and what doesn't fit would be forgotten. */
function tooMuchToRemember(
  _run: EngineRun,
  seen: SnapshotSeen,
): string | undefined {
  const { claim } = seen;
  if (claim === undefined) return undefined;
  const length = JSON.stringify(planFor(claim, seen)).length;
  return length > LONGEST_PLAN
    ? `PersistentVolumeClaim ${claim.metadata.name} can't be replaced: its labels and annotations and what uses it take ${length} characters to remember, and there is room for ${LONGEST_PLAN}`
    : undefined;
}

/** Scaled to zero such a set would lose every volume it has. */
function othersClaims(
  _run: EngineRun,
  { workloads }: SnapshotSeen,
): string | undefined {
  const set = workloads.find(
    ({ spec }) =>
      spec?.persistentVolumeClaimRetentionPolicy?.whenScaled === "Delete",
  );
  return (
    set &&
    `StatefulSet ${set.metadata.name} deletes its volumes when it is stopped: set spec.persistentVolumeClaimRetentionPolicy.whenScaled to Retain first`
  );
}

function heldByAnother(
  { uid }: EngineRun,
  { release }: SnapshotSeen,
): string | undefined {
  const holder = release?.metadata.annotations?.[ANNOTATIONS.heldBy];
  return holder === undefined || holder === uid
    ? undefined
    : `HelmRelease ${release?.metadata.name} is held by the operation with the uid ${holder}: if there is none, take its annotation ${ANNOTATIONS.heldBy} off`;
}
