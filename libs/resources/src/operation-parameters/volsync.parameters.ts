import type { FromSchema } from "../structural-schema";
import type { EngineParameters } from "./engine-parameters";
import { dnsSubdomain } from "../schema-parts";

const schema = {
  type: "object",
  description: "Which volume VolSync copies, and where to.",
  required: ["pvc", "repository"],
  properties: {
    direction: {
      type: "string",
      enum: ["source", "destination"],
      description:
        "Whether the volume is read (source) or written (destination); absent: as the type demands.",
    },
    pvc: {
      ...dnsSubdomain,
      description: "PersistentVolumeClaim that is read or written.",
    },
    schedule: {
      type: "string",
      pattern: "^\\S+ \\S+ \\S+ \\S+ \\S+$",
      maxLength: 128,
      description:
        "Five cron fields: the copy repeats for as long as the operation exists; absent: once.",
    },
    repository: {
      type: "object",
      description: "Where the copy is kept.",
      required: ["secretName", "type"],
      properties: {
        secretName: {
          ...dnsSubdomain,
          description:
            "Secret of the namespace with address and keys, as VolSync's mover wants it.",
        },
        type: {
          type: "string",
          enum: ["restic", "rclone", "rsyncTLS"],
          description: "VolSync's mover.",
        },
      },
    },
    copyMethod: {
      type: "string",
      enum: ["Direct", "Snapshot", "Clone"],
      description: "How a consistent copy is read; absent: Snapshot.",
    },
    retain: {
      type: "object",
      description: "Copies that restic keeps.",
      properties: {
        hourly: count("an hour"),
        daily: count("a day"),
        weekly: count("a week"),
        monthly: count("a month"),
        yearly: count("a year"),
      },
    },
  },
} as const;

function count<const T extends string>(each: T) {
  return {
    type: "integer",
    format: "int32",
    minimum: 0,
    maximum: 1000,
    description: `Copies of ${each} that are kept.`,
  } as const;
}

export type VolsyncParameters = FromSchema<typeof schema>;

export const VOLSYNC_PARAMETERS: EngineParameters = {
  types: ["Backup", "Restore", "Migration"],
  schema,
  aliases: { source: "pvc", destination: "pvc" },
};
