import type { Permission } from "../../permissions/permission";
import { JOB_RUN_PERMISSIONS } from "../job-run/job-run.permissions";

/** What the engine helmHookJob asks for. */
export const HELM_HOOK_JOB_PERMISSIONS: readonly Permission[] = [
  ...JOB_RUN_PERMISSIONS,
  {
    apiGroups: [""],
    resources: ["secrets"],
    verbs: ["get", "list"],
    scope: "namespace",
    why: "Finds the hook in Helm's record of the release.",
  },
];
