const VELERO = "velero.io/v1";

export const BACKUP = { apiVersion: VELERO, kind: "Backup" } as const;
export const RESTORE = { apiVersion: VELERO, kind: "Restore" } as const;
export const DELETE_BACKUP_REQUEST = {
  apiVersion: VELERO,
  kind: "DeleteBackupRequest",
} as const;
export const BACKUP_STORAGE_LOCATION = {
  apiVersion: VELERO,
  kind: "BackupStorageLocation",
} as const;

/** Where Velero runs, and looks for its objects. */
export const VELERO_NAMESPACE = "velero";

/** Storage keys of the kinds, as changes name them. */
export const RESOURCE_OF = {
  Backup: "backups.velero.io",
  Restore: "restores.velero.io",
  DeleteBackupRequest: "deletebackuprequests.velero.io",
} as const;

/** Not taken, or not given back, whatever a backup or a restore asks for. */
export const EXCLUDED_LABEL = "velero.io/exclude-from-backup";
export const BACKUP_NAME_LABEL = "velero.io/backup-name";
export const RESTORE_NAME_LABEL = "velero.io/restore-name";
