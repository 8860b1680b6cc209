import type { FromSchema } from "../structural-schema";
import type { EngineParameters } from "./engine-parameters";
import { duration, textMap, texts } from "./parameter-parts";
import { dnsSubdomain } from "../schema-parts";

const schema = {
  type: "object",
  description: "What Velero backs up or restores.",
  properties: {
    storageLocation: {
      ...dnsSubdomain,
      description:
        "BackupStorageLocation; absent: Velero's default. Of a backup.",
    },
    snapshotVolumes: {
      type: "boolean",
      description:
        "Whether volumes are snapshotted; absent: Velero decides. Of a backup.",
    },
    snapshotMoveData: {
      type: "boolean",
      description:
        "Whether the volumes' data are moved into the storage, which another cluster needs; absent: Velero decides. Of a backup.",
    },
    csiSnapshotClassName: {
      ...dnsSubdomain,
      description: "VolumeSnapshotClass for CSI volumes. Of a backup.",
    },
    ttl: {
      ...duration,
      description:
        "How long the backup is kept, for example 720h or 30d; absent: Velero's default.",
    },
    includedResources: {
      ...texts,
      description: "Resources as Velero names them; absent: all.",
    },
    excludedResources: {
      ...texts,
      description: "Resources that are left out.",
    },
    labelSelector: {
      ...textMap,
      description:
        "Labels that objects must carry; needed where the namespace holds another instance.",
    },
    includedNamespaces: {
      ...texts,
      description: "Only the operation's own namespace may stand here.",
    },
    backupName: {
      ...dnsSubdomain,
      description: "Backup to restore from. Of a restore.",
    },
    namespaceMapping: {
      ...textMap,
      description: "Namespace of the backup → namespace here. Of a restore.",
    },
    restorePVs: {
      type: "boolean",
      description: "Whether volumes are restored. Of a restore.",
    },
    existingResourcePolicy: {
      type: "string",
      enum: ["none", "update"],
      description:
        "What becomes of objects that exist: none leaves them, update overwrites. Of a restore; absent: none.",
    },
  },
} as const;

export type VeleroParameters = FromSchema<typeof schema>;

export const VELERO_PARAMETERS: EngineParameters = {
  types: ["Backup", "Restore", "Migration"],
  schema,
  requiredFor: { Restore: ["backupName"], Migration: ["backupName"] },
  aliases: {
    retention: "ttl",
    snapshotClassName: "csiSnapshotClassName",
    includeNamespaces: "includedNamespaces",
  },
};
