import type { KubeObject } from "@vworkspace/kube";
import type { JsonObject } from "@vworkspace/resources";
import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import {
  engineLabels,
  engineObjectName,
  isOfOperation,
} from "../engine-objects";
import { parametersOf } from "./parameters";
import { otherOwner } from "./volume-owner.decide";
import type { SnapshotSeen } from "./snapshot.observe";
import { VOLUME_SNAPSHOT, type VolumeSnapshot } from "./snapshot-objects";
import { cut, failed, working } from "./verdicts";

/** The snapshot controller tries again by itself; an error that stands for so long is one. */
const ERROR_STANDS_MS = 300_000;
const RECHECK_MS = 10_000;

/** A snapshot of one volume: made once, and followed until it can be used. */
export function decideBackup(
  run: EngineRun,
  seen: SnapshotSeen,
): EngineVerdict {
  const { snapshot } = seen;
  const name = engineObjectName(run.uid);
  if (snapshot === undefined) return absent(run, seen, name);
  if (!isOfOperation(snapshot, run.uid))
    return failed(
      "EngineFailed",
      `VolumeSnapshot ${name} is somebody else's: it lacks the label of this operation`,
    );
  if (snapshot.metadata.deletionTimestamp !== undefined)
    return failed(
      "EngineFailed",
      `VolumeSnapshot ${name} is being deleted by somebody`,
    );
  return followed(run, snapshot);
}

function absent(
  run: EngineRun,
  seen: SnapshotSeen,
  name: string,
): EngineVerdict {
  if (run.outputs["volumeSnapshotName"] !== undefined)
    return failed("EngineFailed", `VolumeSnapshot ${name} is gone`);
  const { pvc } = parametersOf(run);
  if (seen.claim === undefined)
    return failed(
      "PreconditionFailed",
      `There is no PersistentVolumeClaim ${pvc}: correct parameters.pvc in a new operation`,
    );
  const owner = otherOwner(run, seen);
  if (owner !== undefined) return failed("PreconditionFailed", owner);
  return working(`VolumeSnapshot ${name} of ${pvc} is created`, {
    action: { do: "create", object: snapshotOf(run, name) },
  });
}

function snapshotOf(run: EngineRun, name: string): KubeObject {
  const { pvc, volumeSnapshotClassName } = parametersOf(run);
  return {
    ...VOLUME_SNAPSHOT,
    metadata: { name, namespace: run.namespace, labels: engineLabels(run) },
    spec: {
      source: { persistentVolumeClaimName: pvc },
      ...(volumeSnapshotClassName && { volumeSnapshotClassName }),
    },
  };
}

function followed(run: EngineRun, snapshot: VolumeSnapshot): EngineVerdict {
  const { name } = snapshot.metadata;
  const outputs = {
    ...factsOf(snapshot),
    ...(run.outputs["errorSince"] !== undefined && { errorSince: null }),
  };
  const { readyToUse, error } = snapshot.status ?? {};
  if (readyToUse === true)
    return {
      state: "succeeded",
      reason: "VolumeSnapshotReadyToUse",
      message: `VolumeSnapshot ${name} is ready to use`,
      outputs,
    };
  if (error === undefined)
    return working(`VolumeSnapshot ${name} is being made`, {
      outputs,
      recheckAfterMs: RECHECK_MS,
    });
  const since = standsSince(run, error.time);
  const words = `VolumeSnapshot ${name}: ${cut(error.message ?? "it failed without a word")}`;
  const withError = { ...outputs, errorSince: new Date(since).toISOString() };
  if (run.now - since >= ERROR_STANDS_MS)
    return {
      ...failed("VolumeSnapshotFailed", words),
      outputs: withError,
    };
  return working(`${words}; it is tried again`, {
    outputs: withError,
    recheckAfterMs: RECHECK_MS,
  });
}

/** The time in the status is that of the last try where the words change; the first that we saw is in the outputs. */
function standsSince({ outputs, now }: EngineRun, time = ""): number {
  const known = outputs["errorSince"];
  const seen = typeof known === "string" ? Date.parse(known) : now;
  const times = [Date.parse(time), seen, now];
  return Math.min(...times.filter((value) => !Number.isNaN(value)));
}

/** What is told of a snapshot. */
export function factsOf({ metadata, status }: VolumeSnapshot): JsonObject {
  const { boundVolumeSnapshotContentName, restoreSize } = status ?? {};
  return {
    volumeSnapshotName: metadata.name,
    ...(boundVolumeSnapshotContentName !== undefined && {
      volumeSnapshotContentName: boundVolumeSnapshotContentName,
    }),
    ...(restoreSize !== undefined && { restoreSize: String(restoreSize) }),
  };
}

/** A snapshot that can be used is a backup, and stays; one that can't is taken back. */
export function endBackup(
  { uid }: EngineRun,
  { snapshot }: SnapshotSeen,
): EngineEnd {
  if (snapshot === undefined || !isOfOperation(snapshot, uid))
    return { state: "ended" };
  const { name } = snapshot.metadata;
  if (snapshot.status?.readyToUse === true)
    return {
      state: "ended",
      message: `VolumeSnapshot ${name} is ready to use and stays: delete it where it isn't wanted`,
    };
  const isGoing = snapshot.metadata.deletionTimestamp !== undefined;
  return {
    state: "ending",
    message: `VolumeSnapshot ${name} is deleted`,
    ...(isGoing
      ? { recheckAfterMs: RECHECK_MS }
      : { action: { do: "delete", object: snapshot } }),
  };
}
