import type { Permission } from "../../permissions/permission";

/** What snapshots of volumes, and restores in their place, ask for. */
export const SNAPSHOT_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["snapshot.storage.k8s.io"],
    resources: ["volumesnapshots"],
    verbs: ["get", "create", "delete"],
    scope: "namespace",
    why: "Makes snapshots of an application's volumes, and takes back one that was not finished.",
  },
  {
    apiGroups: [""],
    resources: ["persistentvolumeclaims"],
    verbs: ["get", "create", "delete"],
    scope: "namespace",
    why: "Replaces a volume by what a snapshot holds, when a restore asks for it.",
  },
  {
    apiGroups: [""],
    resources: ["pods"],
    verbs: ["list"],
    scope: "namespace",
    why: "Waits until nothing uses a volume that is to be replaced.",
  },
  {
    apiGroups: [""],
    resources: ["events"],
    verbs: ["list"],
    scope: "namespace",
    why: "Tells why a restored volume does not come.",
  },
  {
    apiGroups: ["apps"],
    resources: ["deployments", "statefulsets"],
    verbs: ["list", "patch"],
    scope: "namespace",
    why: "Stops what uses a volume while it is replaced, and starts it again.",
  },
  {
    apiGroups: ["helm.toolkit.fluxcd.io"],
    resources: ["helmreleases"],
    verbs: ["get", "patch"],
    scope: "namespace",
    why: "Keeps Flux from starting again what was stopped for a restore.",
  },
  {
    apiGroups: ["storage.k8s.io"],
    resources: ["storageclasses"],
    verbs: ["get"],
    scope: "cluster",
    why: "Sees whether a restored volume waits for its first pod; storage classes belong to no namespace.",
  },
];
