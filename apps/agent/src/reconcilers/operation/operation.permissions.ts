import type { Permission } from "../../permissions/permission";

/** What the reconciler of Operations asks for. */
export const OPERATION_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["ops.vworkspace.io"],
    resources: ["operations"],
    verbs: ["get", "patch"],
    scope: "cluster",
    why: "Marks that an operation has begun, and holds it while its engine is at work.",
  },
  {
    apiGroups: ["ops.vworkspace.io"],
    resources: ["operations/status"],
    verbs: ["patch"],
    scope: "cluster",
    why: "Says how far an operation is, and where nobody opted in why nothing is done.",
  },
];
