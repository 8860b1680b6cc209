import type { Permission } from "../permissions/permission";

/** What telling people by Events asks for. */
export const CLUSTER_EVENTS_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["events.k8s.io"],
    resources: ["events"],
    verbs: ["create", "patch"],
    scope: "cluster",
    why: "Tells whoever looks with kubectl what became of an object; Kubernetes keeps events about the Cluster in namespace default.",
  },
];
