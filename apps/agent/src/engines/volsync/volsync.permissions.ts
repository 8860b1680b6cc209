import type { Permission } from "../../permissions/permission";

/** What the engine volsync asks for. */
export const VOLSYNC_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["volsync.backube"],
    resources: ["replicationsources", "replicationdestinations"],
    verbs: ["get", "create", "delete"],
    scope: "namespace",
    why: "Has VolSync copy a volume out or in, and lets it stop when the copy is done or cancelled.",
  },
];
