import type { Kind, KubeObject } from "@vworkspace/kube";

const VELERO = "velero.io/v1";
export const BACKUP: Kind = { apiVersion: VELERO, kind: "Backup" };
export const RESTORE: Kind = { apiVersion: VELERO, kind: "Restore" };
export const DELETE_BACKUP_REQUEST: Kind = {
  apiVersion: VELERO,
  kind: "DeleteBackupRequest",
};
export const VOLUME_SNAPSHOT_CLASS: Kind = {
  apiVersion: "snapshot.storage.k8s.io/v1",
  kind: "VolumeSnapshotClass",
};

/** What Velero's Backup and Restore have in common; everything may be absent until Velero has looked at them. */
interface VeleroStatus {
  readonly phase?: string;
  readonly failureReason?: string;
  readonly validationErrors?: readonly string[];
  readonly warnings?: number;
  readonly errors?: number;
}

export interface VeleroBackup extends KubeObject {
  readonly spec?: { readonly includedNamespaces?: readonly string[] };
  readonly status?: VeleroStatus & {
    /** RFC 3339. */
    readonly expiration?: string;
    readonly progress?: {
      readonly itemsBackedUp?: number;
      readonly totalItems?: number;
    };
  };
}

export interface VeleroRestore extends KubeObject {
  readonly status?: VeleroStatus & {
    readonly progress?: {
      readonly itemsRestored?: number;
      readonly totalItems?: number;
    };
  };
}

export interface DeleteBackupRequest extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly errors?: readonly string[];
  };
}

export interface VolumeSnapshotClass extends KubeObject {
  readonly driver?: string;
}

/** Phases before Velero does anything: until it has written the next one, it has begun nothing. */
const NOT_BEGUN = new Set<string>(["New", "Queued", "ReadyToStart"]);

export function hasBegun({ status }: VeleroBackup | VeleroRestore): boolean {
  return status?.phase !== undefined && !NOT_BEGUN.has(status.phase);
}

const OVER = new Set<string>([
  "Completed",
  "PartiallyFailed",
  "Failed",
  "FailedValidation",
]);

export function isOver({ status }: VeleroBackup | VeleroRestore): boolean {
  return OVER.has(status?.phase ?? "");
}

/** That a backup of that phase can be restored. */
export function isUsable({ status }: VeleroBackup): boolean {
  return status?.phase === "Completed" || status?.phase === "PartiallyFailed";
}
