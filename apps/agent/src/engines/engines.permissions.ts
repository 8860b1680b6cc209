import type { Permission } from "../permissions/permission";
import { HELM_HOOK_JOB_PERMISSIONS } from "./helm-hook-job/helm-hook-job.permissions";
import { HELM_PERMISSIONS } from "./helm/helm.permissions";
import { JOB_PERMISSIONS } from "./job/job.permissions";
import { SNAPSHOT_PERMISSIONS } from "./snapshot/snapshot.permissions";
import { VELERO_PERMISSIONS } from "./velero/velero.permissions";
import { VOLSYNC_PERMISSIONS } from "./volsync/volsync.permissions";
import { WORKFLOW_PERMISSIONS } from "./workflow/workflow.permissions";

/** What the engines ask for, together. */
export const ENGINES_PERMISSIONS: readonly Permission[] = [
  ...VELERO_PERMISSIONS,
  ...VOLSYNC_PERMISSIONS,
  ...SNAPSHOT_PERMISSIONS,
  ...WORKFLOW_PERMISSIONS,
  ...JOB_PERMISSIONS,
  ...HELM_PERMISSIONS,
  ...HELM_HOOK_JOB_PERMISSIONS,
];
