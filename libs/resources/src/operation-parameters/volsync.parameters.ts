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
        "Whether the volume is read (source) or written (destination). Of a Migration; a Backup reads, a Restore writes.",
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
        configSection: {
          type: "string",
          maxLength: 253,
          description: "Section of the Secret's rclone.conf. Of rclone.",
        },
        path: {
          type: "string",
          maxLength: 1024,
          description: "Bucket and folder in it. Of rclone.",
        },
        address: {
          type: "string",
          maxLength: 253,
          description:
            "Where the destination listens: the output address of its operation. Of a source of rsyncTLS.",
        },
      },
    },
    copyMethod: {
      type: "string",
      enum: ["Direct", "Snapshot", "Clone"],
      description:
        "How a consistent copy is read; absent: Snapshot. What is written is always written directly.",
    },
    retain: {
      type: "object",
      description: "Copies that restic keeps. Of a source.",
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
  requiredFor: { Migration: ["direction"] },
  aliases: { source: "pvc", destination: "pvc" },
};
