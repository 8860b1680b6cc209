import { describeRef } from "@vworkspace/kube";
import type { JsonObject, VolsyncParameters } from "@vworkspace/resources";
import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import { absentWork, isOurWork, somebodyElses } from "../engine-work";
import { foreignWords, lastLogLines } from "../foreign-words";
import {
  directionOf,
  type Replication,
  replicationManifest,
} from "./volsync-objects";
import type { VolsyncSeen } from "./volsync.observe";

const LOOK_AGAIN_MS = 5_000;

/**
 * A single copy is over in two steps: its result goes into the outputs, then VolSync's object goes, for VolSync tries a failed
 * copy again and again, into a volume that may be in use by then, and keeps a cache volume for each object that stays.
 */
export function decideVolsync(
  run: EngineRun,
  work: VolsyncSeen,
): EngineVerdict {
  const named = describeRef(work.ref);
  if (isOurWork(run, work)) return judged(run, named, work.object);
  const result = work.isServed && !work.object && resultOf(run);
  if (result) return result;
  return (
    absentWork(run, work, "replicationName") ?? {
      state: "working",
      reason: "VolSyncSynchronizing",
      message: `${named} is handed to VolSync`,
      action: { do: "create", object: replicationManifest(run) },
    }
  );
}

/** What was said of a single copy before its object went. */
function resultOf(run: EngineRun): EngineVerdict | undefined {
  const { result, lastLog, lastSyncTime } = run.outputs;
  if (result === "Succeeded")
    return {
      state: "succeeded",
      reason: "VolSyncLastSyncSucceeded",
      message: `${volume(run)} was copied${at(lastSyncTime)}`,
    };
  if (result !== "Failed") return undefined;
  const why = foreignWords(asText(lastLog), "VolSync gives no log");
  return {
    state: "failed",
    reason: "EngineFailed",
    message: `VolSync could not copy ${volume(run)}${partial(run)}: ${why}`,
  };
}

function judged(
  run: EngineRun,
  named: string,
  object: Replication,
): EngineVerdict {
  const outputs = outputsOf(object);
  const working = {
    state: "working",
    reason: "VolSyncSynchronizing",
    outputs,
  } as const;
  if (object.metadata.deletionTimestamp !== undefined)
    return { ...working, message: `${named} is being deleted` };
  const { schedule } = run.parameters as VolsyncParameters;
  if (schedule !== undefined)
    return { ...working, message: scheduled(run, schedule, object) };
  const result = resultOfCopy(run, object);
  if (result !== undefined)
    return {
      ...working,
      outputs: { ...outputs, ...result },
      message: `The copy is over; ${named} is deleted`,
      action: { do: "delete", object },
    };
  return { ...working, message: `${named}: ${synchronizing(object)}` };
}

/** What was told once stands, whatever VolSync has tried since. */
function resultOfCopy(
  { uid, outputs }: EngineRun,
  { status }: Replication,
): JsonObject | undefined {
  if (outputs["result"] !== undefined) return {};
  if (status?.lastManualSync === uid) return { result: "Succeeded" };
  const { result, logs } = status?.latestMoverStatus ?? {};
  if (result !== "Failed") return undefined;
  const lastLog = lastLogLines(logs);
  return { result, ...(lastLog !== undefined && { lastLog }) };
}

function scheduled(
  run: EngineRun,
  schedule: string,
  object: Replication,
): string {
  const { lastSyncTime, nextSyncTime, latestMoverStatus } = object.status ?? {};
  const facts = [
    lastSyncTime === undefined ? "no sync yet" : `last sync ${lastSyncTime}`,
    ...(nextSyncTime === undefined ? [] : [`next ${nextSyncTime}`]),
    ...(latestMoverStatus?.result === "Failed"
      ? [
          `the latest try failed: ${foreignWords(lastLogLines(latestMoverStatus.logs), "VolSync gives no log")}`,
        ]
      : [synchronizing(object)]),
  ];
  return `${volume(run)} is copied at "${schedule}" until the operation is cancelled: ${facts.join(", ")}`;
}

/** VolSync's own words; a wrong Secret or a missing volume is told here. */
function synchronizing({ status }: Replication): string {
  const condition = status?.conditions?.find(
    ({ type }) => type === "Synchronizing",
  );
  return foreignWords(condition?.message, "waits for VolSync to begin");
}

function outputsOf({ metadata, status }: Replication): JsonObject {
  const { lastSyncTime, lastSyncDuration, latestImage, rsyncTLS } =
    status ?? {};
  const { kind = "", name: image } = latestImage ?? {};
  const address = rsyncTLS?.address;
  return {
    replicationName: metadata.name,
    ...(lastSyncTime !== undefined && { lastSyncTime }),
    ...(lastSyncDuration !== undefined && { lastSyncDuration }),
    ...(image !== undefined && { latestImage: `${kind} ${image}`.trim() }),
    ...(address !== undefined && { address }),
  };
}

export function endVolsync(run: EngineRun, work: VolsyncSeen): EngineEnd {
  const named = describeRef(work.ref);
  if (!work.isServed)
    return ended(`${named} went with the definition of its kind`);
  if (work.object === undefined)
    return ended(
      run.outputs["replicationName"] === undefined
        ? "VolSync had not been given anything"
        : `${named} is gone${partial(run)}`,
    );
  if (!isOurWork(run, work))
    return ended(`${somebodyElses(work.object)} and stays`);
  const { object } = work;
  const ending = { state: "ending", recheckAfterMs: LOOK_AGAIN_MS } as const;
  return object.metadata.deletionTimestamp === undefined
    ? {
        ...ending,
        message: `${named} is deleted`,
        action: { do: "delete", object },
      }
    : { ...ending, message: `${named} is being deleted` };
}

function ended(message: string): EngineEnd {
  return { state: "ended", message };
}

function volume(run: EngineRun): string {
  const { pvc } = run.parameters as VolsyncParameters;
  return `PersistentVolumeClaim ${run.namespace}/${pvc}`;
}

function partial(run: EngineRun): string {
  return directionOf(run) === "destination"
    ? " (the volume may hold a part of it)"
    : "";
}

function at(time: unknown): string {
  return typeof time === "string" ? ` at ${time}` : "";
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
