import { describeRef } from "@vworkspace/kube";
import type { JsonObject, VeleroParameters } from "@vworkspace/resources";
import type { EngineRun, EngineVerdict } from "../engine";
import { absentWork, isOurWork } from "../engine-work";
import { restoreManifest, sourceNamespaces } from "./velero-manifests";
import { hasBegun, type VeleroRestore } from "./velero-objects";
import { restoreObstacle } from "./velero-preconditions.decide";
import { failureWords, progressWords } from "./velero-words";
import type { VeleroSeen } from "./velero.observe";

type RestoreSeen = Extract<VeleroSeen, { for: "restore" }>;
type Degraded = Extract<EngineVerdict, { state: "succeeded" }>["degraded"];

export function decideRestore(
  run: EngineRun,
  { work, before }: RestoreSeen,
): EngineVerdict {
  const named = describeRef(work.ref);
  if (isOurWork(run, work)) return judged(run, named, work.object);
  const absent = absentWork(run, work, "restoreName");
  if (absent) return absent;
  const obstacle = before && restoreObstacle(run, before);
  if (obstacle) return obstacle;
  return {
    state: "working",
    reason: "VeleroRestoreInProgress",
    message: `${named} is handed to Velero`,
    action: { do: "create", object: restoreManifest(run, work.ref) },
  };
}

function judged(
  run: EngineRun,
  named: string,
  restore: VeleroRestore,
): EngineVerdict {
  const { phase } = restore.status ?? {};
  const outputs = outputsOf(run, restore);
  switch (phase) {
    case "Completed":
    case "PartiallyFailed":
      return over(run, named, restore);
    case "Failed":
    case "FailedValidation":
      return {
        state: "failed",
        reason: "VeleroRestoreFailed",
        message: `${named} is ${failureWords(restore)}`,
        outputs,
      };
    default:
      return {
        state: "working",
        reason: "VeleroRestoreInProgress",
        message: hasBegun(restore)
          ? `${named} is ${phase}: ${progressOf(restore)}`
          : `${named} waits for Velero to begin`,
        outputs,
      };
  }
}

function over(
  run: EngineRun,
  named: string,
  restore: VeleroRestore,
): EngineVerdict {
  const degraded =
    withErrors(named, restore) ?? withSkipped(run, named, restore);
  return {
    state: "succeeded",
    reason: degraded ? "EngineCompleted" : "VeleroRestoreCompleted",
    message: `${named} is over: ${progressOf(restore)}, ${restore.status?.warnings ?? 0} warnings`,
    outputs: outputsOf(run, restore),
    ...(degraded && { degraded }),
  };
}

function withErrors(named: string, { metadata, status }: VeleroRestore) {
  if (status?.phase !== "PartiallyFailed") return undefined;
  const { errors = 0, warnings = 0 } = status;
  return {
    reason: "VeleroRestorePartiallyFailed",
    message: `${named} has ${errors} errors and ${warnings} warnings; velero restore logs ${metadata.name} shows them`,
  } as const satisfies Degraded;
}

/**
 * Velero counts what it skips as restored, and warns of what exists and differs. In place, with nothing updated, each warning is
 * therefore an object that the restore was wanted for and that is as it was.
 */
function withSkipped(
  run: EngineRun,
  named: string,
  { status }: VeleroRestore,
): Degraded {
  const { warnings = 0, progress } = status ?? {};
  const reason = "VeleroRestoreSkipped";
  if ((progress?.itemsRestored ?? 0) === 0)
    return { reason, message: `${named} counts no restored object` };
  const { existingResourcePolicy = "none" } =
    run.parameters as VeleroParameters;
  const isInPlace = sourceNamespaces(run).includes(run.namespace);
  if (!isInPlace || existingResourcePolicy !== "none" || warnings === 0)
    return undefined;
  return {
    reason,
    message: `${named} has ${warnings} warnings: with existingResourcePolicy none it leaves every object that exists as it is`,
  };
}

function progressOf({ status }: VeleroRestore): string {
  const { itemsRestored, totalItems } = status?.progress ?? {};
  return progressWords(itemsRestored, totalItems);
}

function outputsOf(
  { parameters }: EngineRun,
  { metadata, status }: VeleroRestore,
): JsonObject {
  const { progress, warnings, errors } = status ?? {};
  const { itemsRestored, totalItems } = progress ?? {};
  return {
    restoreName: metadata.name,
    ...(typeof parameters["backupName"] === "string" && {
      backupName: parameters["backupName"],
    }),
    ...(itemsRestored !== undefined && { itemsRestored }),
    ...(totalItems !== undefined && { itemsTotal: totalItems }),
    ...(warnings !== undefined && { warnings }),
    ...(errors !== undefined && { errors }),
  };
}
