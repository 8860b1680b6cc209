import type { ConditionReason } from "./condition-reason";

/** What one engine says of an Operation in more detail. */
export const ENGINE_REASONS = [
  {
    condition: "Running",
    status: "True",
    reason: "VeleroBackupInProgress",
    meaning: "Velero makes the backup.",
    remedy: "Wait.",
  },
  {
    condition: "Succeeded",
    status: "True",
    reason: "VeleroBackupCompleted",
    meaning: "The backup is complete.",
    remedy: "Nothing.",
  },
  {
    condition: "Degraded",
    status: "True",
    reason: "VeleroBackupPartiallyFailed",
    meaning: "The backup is there, with errors.",
    remedy: "Look at the errors of the backup before you rely on it.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "VeleroBackupFailed",
    meaning: "Velero could not make the backup.",
    remedy: "Read the message and look at Velero's log.",
  },
  {
    condition: "Running",
    status: "True",
    reason: "VeleroRestoreInProgress",
    meaning: "Velero restores.",
    remedy: "Wait.",
  },
  {
    condition: "Succeeded",
    status: "True",
    reason: "VeleroRestoreCompleted",
    meaning: "The restore is complete.",
    remedy: "Nothing.",
  },
  {
    condition: "Degraded",
    status: "True",
    reason: "VeleroRestorePartiallyFailed",
    meaning: "It was restored, with errors.",
    remedy: "Look at the errors of the restore, and at the application.",
  },
  {
    condition: "Degraded",
    status: "True",
    reason: "VeleroRestoreSkipped",
    meaning:
      "Nothing was restored, or objects that existed were left as they are.",
    remedy:
      "Choose existingResourcePolicy update in a new operation, or delete what is to be restored first.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "VeleroRestoreFailed",
    meaning: "Velero could not restore.",
    remedy: "Read the message and look at Velero's log.",
  },
  {
    condition: "Succeeded",
    status: "True",
    reason: "VolumeSnapshotReadyToUse",
    meaning: "The snapshot is ready.",
    remedy: "Nothing.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "VolumeSnapshotFailed",
    meaning: "The storage could not make the snapshot.",
    remedy: "Read the message and look at the VolumeSnapshot.",
  },
  {
    condition: "Running",
    status: "True",
    reason: "SnapshotRestoreSuspending",
    meaning:
      "A restore in place suspends the HelmRelease, so that Flux changes nothing meanwhile.",
    remedy: "Wait.",
  },
  {
    condition: "Running",
    status: "True",
    reason: "SnapshotRestoreScalingDown",
    meaning:
      "A restore in place stops what uses the volume, and waits until its pods are gone; the message names them.",
    remedy: "Wait; look at a pod that does not end.",
  },
  {
    condition: "Running",
    status: "True",
    reason: "SnapshotRestoreReplacingVolume",
    meaning:
      "A restore in place deletes the volume, creates it anew from the snapshot, and waits until it is bound. There is no way back from here on.",
    remedy:
      "Wait; if it lasts, look at the PersistentVolumeClaim and at what the message says.",
  },
  {
    condition: "Running",
    status: "True",
    reason: "SnapshotRestoreResuming",
    meaning:
      "What was stopped for a restore in place is started again, and the HelmRelease resumed.",
    remedy: "Wait.",
  },
  {
    condition: "Running",
    status: "True",
    reason: "VolSyncSynchronizing",
    meaning: "VolSync copies the volume.",
    remedy: "Wait.",
  },
  {
    condition: "Succeeded",
    status: "True",
    reason: "VolSyncLastSyncSucceeded",
    meaning: "The last copy is complete.",
    remedy: "Nothing.",
  },
  {
    condition: "Succeeded",
    status: "True",
    reason: "WorkflowSucceeded",
    meaning: "The workflow is done.",
    remedy: "Nothing.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "WorkflowFailed",
    meaning: "The workflow failed; the message names the step.",
    remedy: "Look at the log of the step.",
  },
  {
    condition: "Degraded",
    status: "True",
    reason: "WorkflowFailed",
    meaning:
      "The workflow failed, and failureAction Degrade has the operation count as done.",
    remedy: "Look at the log of the step that the message names.",
  },
  {
    condition: "Running",
    status: "True",
    reason: "WorkflowSuspended",
    meaning: "The workflow waits at a suspended step.",
    remedy: "Resume it in Argo Workflows.",
  },
  {
    condition: "Succeeded",
    status: "True",
    reason: "JobSucceeded",
    meaning: "The job is done.",
    remedy: "Nothing.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "JobFailedBackoffExceeded",
    meaning: "The job failed as often as it may.",
    remedy: "Look at the log of its pod.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "JobActiveDeadlineExceeded",
    meaning: "The job took longer than activeDeadlineSeconds.",
    remedy: "Raise it in a new operation.",
  },
  {
    condition: "Succeeded",
    status: "True",
    reason: "HelmHookJobSucceeded",
    meaning: "The hook of the chart is done.",
    remedy: "Nothing.",
  },
  {
    condition: "Failed",
    status: "True",
    reason: "HookNotFound",
    meaning: "The released chart has no hook of that name.",
    remedy: "Correct parameters.hookName in a new operation.",
  },
] as const satisfies readonly ConditionReason[];
