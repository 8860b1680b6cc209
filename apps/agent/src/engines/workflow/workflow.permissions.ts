import type { Permission } from "../../permissions/permission";

/** What the engine workflow asks for. */
export const WORKFLOW_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["argoproj.io"],
    resources: ["workflows"],
    verbs: ["get", "create", "patch", "delete"],
    scope: "namespace",
    why: "Has Argo run, terminate and forget the workflows of operations.",
  },
  {
    apiGroups: ["argoproj.io"],
    resources: ["workflowtemplates"],
    verbs: ["get"],
    scope: "namespace",
    why: "Compares an operation's parameters with those that its template declares.",
  },
  {
    apiGroups: [""],
    resources: ["serviceaccounts"],
    verbs: ["get"],
    scope: "namespace",
    why: "Sees that the account that workflows of operations run under is there.",
  },
];
