import { permissiveDefinition } from "../permissive-definition";
import {
  BACKUP,
  BACKUP_STORAGE_LOCATION,
  DELETE_BACKUP_REQUEST,
  RESTORE,
  VELERO_NAMESPACE,
} from "./velero-kinds";

const namespace = VELERO_NAMESPACE;
const LABELS = { "app.kubernetes.io/name": "velero" };

/**
 * What Velero's installation brings: its kinds, none of which has a status of its own to write, its Deployment, and a place
 * for backups that is at hand.
 */
export const VELERO_OBJECTS: readonly object[] = [
  ...(
    [
      [BACKUP, "backups"],
      [RESTORE, "restores"],
      [DELETE_BACKUP_REQUEST, "deletebackuprequests"],
    ] as const
  ).map(([kind, plural]) =>
    permissiveDefinition(kind, { plural, hasStatus: false }),
  ),
  permissiveDefinition(BACKUP_STORAGE_LOCATION, {
    plural: "backupstoragelocations",
    shortNames: ["bsl"],
    hasStatus: false,
  }),
  { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "velero", namespace, labels: LABELS },
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: { containers: [{ name: "velero", image: "velero:simulated" }] },
      },
    },
  },
  {
    ...BACKUP_STORAGE_LOCATION,
    metadata: { name: "default", namespace },
    spec: {
      provider: "simulated",
      default: true,
      objectStorage: { bucket: "backups" },
    },
    status: { phase: "Available" },
  },
];
