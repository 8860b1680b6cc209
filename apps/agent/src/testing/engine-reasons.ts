import type { Kind, KubeObject } from "@vworkspace/kube";
import type {
  JsonObject,
  OperationReason,
  OperationSpec,
} from "@vworkspace/resources";
import type { EngineRun, EngineVerdict } from "../engines/engine";
import { engineLabels } from "../engines/engine-objects";
import { decideHelm } from "../engines/helm/helm.decide";
import { decideHookJob } from "../engines/helm-hook-job/helm-hook-job.decide";
import { JOB, type Job } from "../engines/job-run/job-run";
import { decideJob } from "../engines/job/job.decide";
import { decideSnapshot } from "../engines/snapshot/snapshot.decide";
import type { SnapshotSeen } from "../engines/snapshot/snapshot.observe";
import { BACKUP, RESTORE } from "../engines/velero/velero-objects";
import { decideVelero } from "../engines/velero/velero.decide";
import { REPLICATION_SOURCE } from "../engines/volsync/volsync-objects";
import { decideVolsync } from "../engines/volsync/volsync.decide";
import { WORKFLOW } from "../engines/workflow/workflow";
import { decideWorkflow } from "../engines/workflow/workflow.decide";
import { engineRun } from "./engine-run";
import type { ReasonRow } from "./reason-row";
import * as snapshots from "./snapshot-worlds";

/** One way to a reason that an engine says. */
interface EngineReasonRow extends Omit<ReasonRow, "conditions"> {
  readonly verdict: () => EngineVerdict;
}

function of(
  engine: OperationSpec["engine"],
  type: OperationSpec["type"],
  parameters: JsonObject,
): EngineRun {
  return engineRun({ engine, type, parameters });
}

/** What an engine made for a run, under the name that it has there. */
function made<T extends KubeObject>(
  run: EngineRun,
  kind: Kind,
  rest: object,
): T {
  const metadata = {
    name: "op-u-op",
    namespace: "shop",
    labels: { ...engineLabels(run) },
  };
  return { ...kind, metadata, ...rest } as unknown as T;
}

const refOf = (kind: Kind) => ({
  ...kind,
  namespace: "shop",
  name: "op-u-op",
});

function velero(type: "Backup" | "Restore", status: object): EngineVerdict {
  const parameters = type === "Restore" ? { backupName: "b1" } : {};
  const run = of("velero", type, parameters);
  const kind = type === "Backup" ? BACKUP : RESTORE;
  const object = made<never>(run, kind, { status });
  const work = { ref: refOf(kind), isServed: true, object };
  return decideVelero(run, {
    for: type === "Backup" ? "backup" : "restore",
    work,
  });
}

function volsync(outputs: JsonObject): EngineVerdict {
  const run = of("volsync", "Backup", {
    pvc: "data",
    repository: { secretName: "restic", type: "restic" },
  });
  const work = { ref: refOf(REPLICATION_SOURCE), isServed: true };
  return decideVolsync({ ...run, outputs }, work);
}

function workflow(
  status: object,
  parameters: JsonObject = {},
  spec: object = {},
): EngineVerdict {
  const run = of("workflow", "Runbook", { template: "tidy", ...parameters });
  const object = made<never>(run, WORKFLOW, { spec, status });
  return decideWorkflow(run, { workflow: object, nodes: {} });
}

const ended = (type: string, reason = "") => ({
  status: { conditions: [{ type, status: "True", reason }] },
});

function job(rest: object): EngineVerdict {
  const run = of("job", "RunCommand", { image: "tools:1" });
  return decideJob(run, { job: made<Job>(run, JOB, rest), pods: [] });
}

const HOOK = of("helmHookJob", "Migration", { hookName: "web-migrate" });

const snapshotAt = (status: object, outputs: JsonObject = {}) =>
  decideSnapshot(
    snapshots.backup({ outputs }),
    snapshots.seen({ snapshot: snapshots.snapshot(status) }),
  );

/** A restore whose HelmRelease and workload stand as in `over`, once it has begun. */
function restoring(over: Partial<SnapshotSeen>): EngineVerdict {
  const fresh = snapshots.seen({
    claim: snapshots.claim(),
    snapshot: snapshots.READY,
    release: snapshots.release(),
    workloads: [snapshots.workload()],
  });
  const { outputs = {} } = decideSnapshot(snapshots.restore(), fresh);
  return decideSnapshot(snapshots.restore({ outputs }), { ...fresh, ...over });
}

const held = { release: snapshots.release(snapshots.HELD, true) };
const stopped = [snapshots.workload(snapshots.HELD, { replicas: 0 })];
const restored = snapshots.claim({ ...snapshots.OURS, uid: "u-new" });

const row = (
  condition: string,
  status: ReasonRow["status"],
  reason: OperationReason,
  [when, verdict]: readonly [string, EngineReasonRow["verdict"]],
): EngineReasonRow => ({ condition, status, reason, when, verdict });

const counted = { progress: { itemsRestored: 4, totalItems: 4 } };

/** What each engine says in words of its own, and what all engines say of failures. */
export const ENGINE_REASON_ROWS: readonly EngineReasonRow[] = [
  row("Failed", "True", "EngineFailed", [
    "what is upgraded is gone",
    () => decideHelm(of("helm", "Upgrade", { targetVersion: "1.3.0" }), {}),
  ]),
  row("Failed", "True", "PreconditionFailed", [
    "the volume to snapshot doesn't exist",
    () => decideSnapshot(snapshots.backup(), snapshots.seen()),
  ]),
  row("Running", "True", "VeleroBackupInProgress", [
    "Velero makes a backup",
    () => velero("Backup", { phase: "InProgress" }),
  ]),
  row("Succeeded", "True", "VeleroBackupCompleted", [
    "Velero has made a backup",
    () => velero("Backup", { phase: "Completed" }),
  ]),
  row("Degraded", "True", "VeleroBackupPartiallyFailed", [
    "Velero's backup has errors",
    () => velero("Backup", { phase: "PartiallyFailed", errors: 1 }),
  ]),
  row("Failed", "True", "VeleroBackupFailed", [
    "Velero could not make a backup",
    () => velero("Backup", { phase: "Failed" }),
  ]),
  row("Failed", "True", "VeleroBackupFailed", [
    "Velero refuses the backup",
    () => velero("Backup", { phase: "FailedValidation" }),
  ]),
  row("Running", "True", "VeleroRestoreInProgress", [
    "Velero restores",
    () => velero("Restore", { phase: "InProgress" }),
  ]),
  row("Succeeded", "True", "VeleroRestoreCompleted", [
    "Velero has restored",
    () => velero("Restore", { phase: "Completed", ...counted }),
  ]),
  row("Degraded", "True", "VeleroRestorePartiallyFailed", [
    "Velero restored with errors",
    () => velero("Restore", { phase: "PartiallyFailed", ...counted }),
  ]),
  row("Degraded", "True", "VeleroRestoreSkipped", [
    "Velero restored nothing",
    () => velero("Restore", { phase: "Completed" }),
  ]),
  row("Degraded", "True", "VeleroRestoreSkipped", [
    "Velero left what exists",
    () => velero("Restore", { phase: "Completed", warnings: 2, ...counted }),
  ]),
  row("Failed", "True", "VeleroRestoreFailed", [
    "Velero could not restore",
    () => velero("Restore", { phase: "Failed" }),
  ]),
  row("Succeeded", "True", "VolumeSnapshotReadyToUse", [
    "the snapshot is ready",
    () => snapshotAt({ readyToUse: true }),
  ]),
  row("Failed", "True", "VolumeSnapshotFailed", [
    "an error of the driver has stood for five minutes",
    () =>
      snapshotAt(
        { error: { message: "no room" } },
        { errorSince: "2025-12-31T23:55:00Z" },
      ),
  ]),
  row("Running", "True", "SnapshotRestoreSuspending", [
    "a restore begins with the HelmRelease",
    () => restoring({}),
  ]),
  row("Running", "True", "SnapshotRestoreScalingDown", [
    "what uses the volume runs still",
    () => restoring(held),
  ]),
  row("Running", "True", "SnapshotRestoreScalingDown", [
    "a pod has not ended yet",
    () => restoring({ ...held, workloads: stopped, pods: ["web-1"] }),
  ]),
  row("Running", "True", "SnapshotRestoreReplacingVolume", [
    "nothing uses the volume any more",
    () => restoring({ ...held, workloads: stopped }),
  ]),
  row("Running", "True", "SnapshotRestoreResuming", [
    "the volume is restored",
    () => restoring({ ...held, workloads: stopped, claim: restored }),
  ]),
  row("Running", "True", "VolSyncSynchronizing", [
    "VolSync copies a volume",
    () => volsync({}),
  ]),
  row("Succeeded", "True", "VolSyncLastSyncSucceeded", [
    "VolSync has copied a volume",
    () => volsync({ result: "Succeeded" }),
  ]),
  row("Failed", "True", "EngineFailed", [
    "VolSync could not copy a volume",
    () => volsync({ result: "Failed" }),
  ]),
  row("Succeeded", "True", "WorkflowSucceeded", [
    "a workflow is done",
    () => workflow({ phase: "Succeeded" }),
  ]),
  row("Failed", "True", "WorkflowFailed", [
    "a workflow failed",
    () => workflow({ phase: "Failed" }),
  ]),
  row("Degraded", "True", "WorkflowFailed", [
    "a workflow failed, and that counts as done",
    () => workflow({ phase: "Failed" }, { failureAction: "Degrade" }),
  ]),
  row("Running", "True", "WorkflowSuspended", [
    "a workflow waits for somebody",
    () => workflow({ phase: "Running" }, {}, { suspend: true }),
  ]),
  row("Succeeded", "True", "JobSucceeded", [
    "a job is done",
    () => job(ended("Complete")),
  ]),
  row("Failed", "True", "JobFailedBackoffExceeded", [
    "a job failed too often",
    () => job(ended("Failed", "BackoffLimitExceeded")),
  ]),
  row("Failed", "True", "JobActiveDeadlineExceeded", [
    "a job took too long",
    () => job(ended("Failed", "DeadlineExceeded")),
  ]),
  row("Succeeded", "True", "HelmHookJobSucceeded", [
    "a hook's job is done",
    () =>
      decideHookJob(HOOK, {
        job: made<Job>(HOOK, JOB, ended("Complete")),
        pods: [],
      }),
  ]),
  row("Failed", "True", "HookNotFound", [
    "the release has no such hook",
    () =>
      decideHookJob(HOOK, {
        pods: [],
        hook: { others: ["web-seed"], revision: 3 },
      }),
  ]),
];
