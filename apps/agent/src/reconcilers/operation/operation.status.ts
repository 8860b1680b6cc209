import { canonicalJson } from "@vworkspace/contract";
import type {
  JsonObject,
  Operation,
  OperationStatus,
  ResourceCondition,
} from "@vworkspace/resources";
import { mergeConditions, type NewCondition } from "../conditions.status";
import type { Said, Standing } from "./decision";
import { mergedOutputs } from "./operation-outputs.status";

/** The status after a decision; undefined where it says so already. */
export function operationStatus(
  operation: Operation,
  standing: Standing,
  now: string,
): OperationStatus | undefined {
  const old = operation.status ?? {};
  const observedGeneration = operation.metadata.generation ?? 0;
  const status: OperationStatus = {
    ...old,
    ...timesOf(old, standing, now),
    ...resultsOf(old, standing),
    observedGeneration,
    phase: standing.phase,
    conditions: mergeConditions(old.conditions ?? [], conditionsOf(standing), {
      now,
      observedGeneration,
    }) as readonly ResourceCondition[],
  };
  const isSame = canonicalJson({ ...status }) === canonicalJson({ ...old });
  return isSame ? undefined : status;
}

/** The first time counts. */
function timesOf(
  { startedAt, finishedAt }: OperationStatus,
  standing: Standing,
  now: string,
): Pick<OperationStatus, "startedAt" | "finishedAt"> {
  const hasBegun = standing.phase === "Running" || "outputs" in standing;
  return {
    ...(startedAt === undefined && hasBegun && { startedAt: now }),
    ...(finishedAt === undefined && "ended" in standing && { finishedAt: now }),
  };
}

function resultsOf(
  old: OperationStatus,
  standing: Standing,
): Pick<OperationStatus, "outputs" | "logsRef"> {
  const outputs = outputsOf(old.outputs, standing);
  const logsRef = "logsRef" in standing ? standing.logsRef : undefined;
  return { ...(outputs && { outputs }), ...(logsRef && { logsRef }) };
}

function outputsOf(
  old: JsonObject | undefined,
  standing: Standing,
): JsonObject | undefined {
  const told = "outputs" in standing ? standing.outputs : undefined;
  return told === undefined ? old : mergedOutputs(old, told);
}

/** The only author of what the conditions of an operation say. */
function conditionsOf(standing: Standing): readonly NewCondition[] {
  switch (standing.phase) {
    case "Pending":
      return pending(standing);
    case "Running":
      return [
        accepted,
        unblocked,
        said("Running", "True", standing.running ?? BEGINNING),
        said("Succeeded", "False", NOT_YET),
      ];
    case "Succeeded":
      return [
        accepted,
        unblocked,
        said("Running", "False", ENDED),
        said("Succeeded", "True", standing.ended),
        ...(standing.degraded
          ? [said("Degraded", "True", standing.degraded)]
          : []),
      ];
    case "Failed":
    case "Cancelled":
      return [
        unblocked,
        said("Running", "False", ENDED),
        said("Succeeded", "False", NOT_YET),
        said(standing.phase, "True", standing.ended),
      ];
  }
}

function pending(
  standing: Extract<Standing, { phase: "Pending" }>,
): readonly NewCondition[] {
  const still = [
    said("Running", "False", {
      reason: "EngineNotStarted",
      message: "the engine has not been started",
    }),
    said("Succeeded", "False", NOT_YET),
  ];
  if ("refused" in standing)
    return [said("Accepted", "False", standing.refused), unblocked, ...still];
  if ("blocked" in standing)
    return [accepted, said("Blocked", "True", standing.blocked), ...still];
  return [accepted, unblocked, ...still];
}

const BEGINNING: Said = { reason: "EngineStarted", message: "it begins" };
const ENDED: Said = {
  reason: "EngineEnded",
  message: "the engine is no longer at work",
};
const NOT_YET: Said = { reason: "NotYetSucceeded", message: "it is not done" };

const accepted = said("Accepted", "True", {
  reason: "AdmissionPassed",
  message: "the operation is understood and allowed",
});
const unblocked: NewCondition = {
  ...said("Blocked", "False", {
    reason: "Unblocked",
    message: "nothing is in the way",
  }),
  onlyAfterTrue: true,
};

function said(
  type: string,
  status: "True" | "False",
  { reason, message }: Said,
): NewCondition {
  return { type, status, reason, message };
}
