import type { FromSchema } from "../structural-schema";
import type { EngineParameters } from "./engine-parameters";
import { seconds } from "./parameter-parts";
import { dnsSubdomain } from "../schema-parts";

const schema = {
  type: "object",
  description: "Which volume is snapshotted or restored in place.",
  required: ["pvc"],
  properties: {
    pvc: {
      ...dnsSubdomain,
      description: "PersistentVolumeClaim of the application.",
    },
    volumeSnapshotClassName: {
      ...dnsSubdomain,
      description: "VolumeSnapshotClass; absent: the default one. Of a backup.",
    },
    quiesce: {
      type: "object",
      description:
        "Whether the application is brought to rest by the instance's declared commands. Of a backup.",
      properties: {
        enabled: { type: "boolean", description: "Whether it is." },
        timeoutSeconds: {
          ...seconds,
          description: "How long one of the commands may take.",
        },
      },
    },
    snapshotName: {
      ...dnsSubdomain,
      description: "VolumeSnapshot to restore from. Of a restore.",
    },
    storageClassName: {
      ...dnsSubdomain,
      description:
        "StorageClass of the restored volume; absent: that of the volume it replaces.",
    },
  },
} as const;

export type SnapshotParameters = FromSchema<typeof schema>;

export const SNAPSHOT_PARAMETERS: EngineParameters = {
  types: ["Backup", "Restore"],
  schema,
  requiredFor: { Restore: ["snapshotName"] },
};
