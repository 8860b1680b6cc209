import { describeRef } from "@vworkspace/kube";
import type { JsonObject } from "@vworkspace/resources";
import type { EngineRun, EngineVerdict } from "../engine";
import { absentWork, isOurWork } from "../engine-work";
import { backupManifest } from "./velero-manifests";
import { hasBegun, type VeleroBackup } from "./velero-objects";
import { backupObstacle } from "./velero-preconditions.decide";
import { failureWords, progressWords } from "./velero-words";
import type { VeleroSeen } from "./velero.observe";

type BackupSeen = Extract<VeleroSeen, { for: "backup" }>;

export function decideBackup(
  run: EngineRun,
  { work, before }: BackupSeen,
): EngineVerdict {
  const named = describeRef(work.ref);
  if (isOurWork(run, work)) return judged(named, work.object);
  const absent = absentWork(run, work, "backupName");
  if (absent) return absent;
  const obstacle = before && backupObstacle(run, before);
  if (obstacle) return obstacle;
  const driver = before?.snapshotClass?.driver;
  return {
    state: "working",
    reason: "VeleroBackupInProgress",
    message: `${named} is handed to Velero`,
    action: { do: "create", object: backupManifest(run, work.ref, driver) },
  };
}

function judged(named: string, backup: VeleroBackup): EngineVerdict {
  const { phase } = backup.status ?? {};
  const outputs = outputsOf(backup);
  switch (phase) {
    case "Completed":
      return {
        state: "succeeded",
        reason: "VeleroBackupCompleted",
        message: `${named} is complete: ${progressOf(backup)}, ${backup.status?.warnings ?? 0} warnings`,
        outputs,
      };
    case "PartiallyFailed":
      return partial(named, backup);
    case "Failed":
    case "FailedValidation":
      return {
        state: "failed",
        reason: "VeleroBackupFailed",
        message: `${named} is ${failureWords(backup)}`,
        outputs,
      };
    default:
      return {
        state: "working",
        reason: "VeleroBackupInProgress",
        message: hasBegun(backup)
          ? `${named} is ${phase}: ${progressOf(backup)}`
          : `${named} waits for Velero to begin`,
        outputs,
      };
  }
}

function partial(named: string, backup: VeleroBackup): EngineVerdict {
  const { errors = 0, warnings = 0 } = backup.status ?? {};
  return {
    state: "succeeded",
    reason: "EngineCompleted",
    message: `${named} is there, with ${errors} errors`,
    outputs: outputsOf(backup),
    degraded: {
      reason: "VeleroBackupPartiallyFailed",
      message: `${named} has ${errors} errors and ${warnings} warnings; velero backup logs ${backup.metadata.name} shows them`,
    },
  };
}

/** How far a backup is, in a few words. */
export function progressOf({ status }: VeleroBackup): string {
  const { itemsBackedUp, totalItems } = status?.progress ?? {};
  return progressWords(itemsBackedUp, totalItems);
}

function outputsOf({ metadata, status }: VeleroBackup): JsonObject {
  const { progress, warnings, errors, expiration } = status ?? {};
  const { itemsBackedUp, totalItems } = progress ?? {};
  return {
    backupName: metadata.name,
    ...(itemsBackedUp !== undefined && { backupItemCount: itemsBackedUp }),
    ...(totalItems !== undefined && { backupItemsTotal: totalItems }),
    ...(warnings !== undefined && { warnings }),
    ...(errors !== undefined && { errors }),
    ...(expiration !== undefined && { expiration }),
  };
}
