import { CREDENTIAL_SECRET } from "@vworkspace/resources";
import type { Permission } from "../permissions/permission";

/** What the agent needs to be known to the gateway. */
export const CONTROL_PLANE_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: [""],
    resources: ["secrets"],
    resourceNames: [CREDENTIAL_SECRET],
    verbs: ["get", "create", "patch"],
    scope: "agent-namespace",
    why: "Keeps the agent's own credential.",
  },
  {
    apiGroups: [""],
    resources: ["namespaces"],
    resourceNames: ["kube-system"],
    verbs: ["get"],
    scope: "cluster",
    why: "The uid of kube-system tells the gateway one cluster from another.",
  },
];
