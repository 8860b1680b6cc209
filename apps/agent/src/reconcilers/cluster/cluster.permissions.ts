import type { Permission } from "../../permissions/permission";

/** What the reconciler of the Cluster object asks for. */
export const CLUSTER_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["ops.vworkspace.io"],
    resources: ["clusters"],
    verbs: ["create", "patch"],
    scope: "cluster",
    why: "Keeps the one object that shows the agent's own state.",
  },
  {
    apiGroups: ["ops.vworkspace.io"],
    resources: ["clusters/status"],
    verbs: ["patch"],
    scope: "cluster",
    why: "Says how the agent and its surroundings do.",
  },
  {
    apiGroups: ["apps"],
    resources: ["deployments", "daemonsets"],
    verbs: ["get"],
    scope: "cluster",
    why: "Reads whether Flux and the add-ons work, wherever they were installed.",
  },
  {
    apiGroups: [""],
    resources: ["secrets"],
    verbs: ["get"],
    scope: "agent-namespace",
    why: "Reads the registration token from the Secret that the Cluster object names.",
  },
];
