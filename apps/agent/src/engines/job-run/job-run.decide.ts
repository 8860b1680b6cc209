import type { KubeObject } from "@vworkspace/kube";
import {
  type JsonObject,
  LABELS,
  type OperationReason,
} from "@vworkspace/resources";
import { cutText } from "../foreign-words";
import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import {
  engineLabels,
  engineObjectName,
  isOfOperation,
} from "../engine-objects";
import type { Job, JobRun } from "./job-run";
import { newestFailedPod, unfinishedPods, whyItWaits } from "./pods.decide";

/** Pods are not watched: what holds them back is looked up. */
const LOOK_AGAIN_MS = 10_000;
const WAIT_FOR_PODS_MS = 2_000;

/** Labels of a Job and its pods. Velero would restore them without their status, and the Job would run again. */
export function jobLabels(run: EngineRun): Record<string, string> {
  return { ...engineLabels(run), [LABELS.velero]: "true" };
}

/** The Job to be made, or why there is none. */
export type Begun =
  { readonly object: KubeObject } | { readonly verdict: EngineVerdict };

export interface JobCourse {
  readonly succeeded: OperationReason;
  /** Asked before there is a Job. */
  readonly begin: () => Begun;
}

/** How far the Job of an operation is. */
export function followJob(
  run: EngineRun,
  seen: JobRun,
  { begin, succeeded }: JobCourse,
): EngineVerdict {
  const { job } = seen;
  if (job === undefined) return isKnown(run) ? gone(run) : beginning(begin());
  if (!isOfOperation(job, run.uid)) return somebodyElses(run);
  if (isComplete(job)) return success(job, succeeded);
  if (failedCondition(job)) return failure(job, seen);
  return underWay(job, seen);
}

/** Deletes the Job, and waits until its pods have ended. */
export function endJob(run: EngineRun, { job, pods }: JobRun): EngineEnd {
  const name = engineObjectName(run.uid);
  if (job && !isOfOperation(job, run.uid)) return { state: "ended" };
  if (job) {
    const message = `Job ${name} is being deleted.`;
    const isGoing = job.metadata.deletionTimestamp !== undefined;
    return {
      state: "ending",
      message,
      ...(isGoing
        ? { recheckAfterMs: WAIT_FOR_PODS_MS }
        : { action: { do: "delete", object: job } }),
    };
  }
  const [pod] = unfinishedPods(pods);
  if (pod === undefined) return { state: "ended" };
  return {
    state: "ending",
    message: `Job ${name} is deleted; its pod ${pod.metadata.name} has not ended yet.`,
    recheckAfterMs: WAIT_FOR_PODS_MS,
  };
}

function isKnown({ outputs, uid }: EngineRun): boolean {
  return outputs["jobName"] === engineObjectName(uid);
}

function beginning(begun: Begun): EngineVerdict {
  if ("verdict" in begun) return begun.verdict;
  const { object } = begun;
  return {
    state: "working",
    reason: "EngineStarted",
    message: `Job ${object.metadata.name} is being created.`,
    action: { do: "create", object, isOwned: true },
  };
}

function gone({ uid }: EngineRun): EngineVerdict {
  return {
    state: "failed",
    reason: "EngineFailed",
    message: `Job ${engineObjectName(uid)} is gone: somebody deleted it before the operation knew its end. Whether it did its work is unknown.`,
  };
}

function somebodyElses({ uid }: EngineRun): EngineVerdict {
  return {
    state: "failed",
    reason: "EngineFailed",
    message: `Job ${engineObjectName(uid)} is somebody else's: it has not the label ${LABELS.operation}=${uid}. Delete it, then try again in a new operation.`,
  };
}

function isComplete({ status }: Job): boolean {
  return (status?.conditions ?? []).some(
    (condition) => condition.type === "Complete" && condition.status === "True",
  );
}

function outputsOf(job: Job, exitCode?: number): JsonObject {
  const { name } = job.metadata;
  return { jobName: name, ...(exitCode !== undefined && { exitCode }) };
}

function refToLogs({ kind, metadata }: KubeObject) {
  const { name, namespace = "" } = metadata;
  return { kind, name, namespace };
}

function success(job: Job, reason: OperationReason): EngineVerdict {
  return {
    state: "succeeded",
    reason,
    message: `Job ${job.metadata.name} is done.`,
    outputs: outputsOf(job, 0),
    logsRef: refToLogs(job),
  };
}

const FAILURES: Readonly<Record<string, OperationReason>> = {
  BackoffLimitExceeded: "JobFailedBackoffExceeded",
  DeadlineExceeded: "JobActiveDeadlineExceeded",
};

function failure(job: Job, { pods, log }: JobRun): EngineVerdict {
  const { reason = "", message = "" } = failedCondition(job) ?? {};
  const failed = newestFailedPod(pods);
  const why = cutText(`${reason}: ${message}`).replace(/\.$/, "");
  const sentences = [
    `Job ${job.metadata.name} failed, ${why}.`,
    failed && describeFailed(failed),
    log && `Its last lines:\n${log}`,
  ];
  return {
    state: "failed",
    reason: FAILURES[reason] ?? "EngineFailed",
    message: sentences.filter(Boolean).join(" "),
    outputs: outputsOf(job, failed?.exitCode),
    logsRef: refToLogs(failed?.pod ?? job),
  };
}

function failedCondition({ status }: Job) {
  return status?.conditions?.find(
    (condition) => condition.type === "Failed" && condition.status === "True",
  );
}

function describeFailed({
  pod,
  container,
  exitCode,
  reason,
}: NonNullable<ReturnType<typeof newestFailedPod>>): string {
  const why = reason === undefined ? "" : ` (${cutText(reason, 100)})`;
  return exitCode === undefined
    ? `Pod ${pod.metadata.name} failed${why}.`
    : `Container ${container} of pod ${pod.metadata.name} ended with exit code ${exitCode}${why}.`;
}

function underWay(job: Job, { pods }: JobRun): EngineVerdict {
  const { active = 0, failed = 0 } = job.status ?? {};
  const { name, deletionTimestamp } = job.metadata;
  const state =
    deletionTimestamp === undefined
      ? `${active} ${active === 1 ? "pod" : "pods"} at work, ${failed} failed`
      : "is being deleted by somebody";
  const waiting = whyItWaits(pods);
  return {
    state: "working",
    reason: "EngineStarted",
    message: `Job ${name}: ${state}${waiting === undefined ? "" : `; ${waiting}`}.`,
    outputs: outputsOf(job),
    logsRef: refToLogs(job),
    recheckAfterMs: LOOK_AGAIN_MS,
  };
}
