import type { FromSchema, StructuralSchema } from "../structural-schema";
import type { EngineParameters } from "./engine-parameters";
import { seconds } from "./parameter-parts";

const schema = {
  type: "object",
  description:
    "What the instance's release becomes; targetVersion, valuesPatch or rollbackTo at least.",
  properties: {
    targetVersion: {
      type: "string",
      maxLength: 128,
      pattern:
        "^v?[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$",
      description: "Exact version of the chart.",
    },
    valuesPatch: {
      type: "object",
      description:
        "JSON merge patch (RFC 7396) of the instance's inline values; no secrets.",
      "x-kubernetes-preserve-unknown-fields": true,
    },
    rollbackTo: {
      type: "integer",
      format: "int32",
      minimum: 1,
      description:
        "Revision of the release whose chart version comes back; values don't.",
    },
    requireBackup: {
      type: "object",
      description:
        "It begins only after a Backup operation of the same target that succeeded wholly; absent: without one.",
      required: ["maxAgeSeconds"],
      properties: {
        maxAgeSeconds: {
          ...seconds,
          description: "How long ago that may have ended, at most a week.",
        },
      },
    },
  },
} as const satisfies StructuralSchema;

export type HelmParameters = FromSchema<typeof schema>;

export const HELM_PARAMETERS: EngineParameters = {
  types: ["Upgrade"],
  schema,
};
