import type { Permission } from "../../permissions/permission";

/** What the engine velero asks for. Velero's objects live in Velero's namespace, whichever that is. */
export const VELERO_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["velero.io"],
    resources: ["backups", "restores"],
    verbs: ["get", "create", "delete"],
    scope: "cluster",
    why: "Has Velero back up and restore a namespace, and takes back what it has not begun.",
  },
  {
    apiGroups: ["velero.io"],
    resources: ["deletebackuprequests"],
    verbs: ["get", "create"],
    scope: "cluster",
    why: "Has Velero delete the backup of a cancelled operation.",
  },
  {
    apiGroups: ["snapshot.storage.k8s.io"],
    resources: ["volumesnapshotclasses"],
    verbs: ["get"],
    scope: "cluster",
    why: "Finds the driver of the class that an operation names, since Velero wants it by driver.",
  },
  {
    apiGroups: ["apps.vworkspace.io"],
    resources: ["applicationinstances"],
    verbs: ["list"],
    scope: "namespace",
    why: "Sees whether a namespace holds another application, which a backup or restore of it would touch.",
  },
];
