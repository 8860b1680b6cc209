import type { StructuralSchema } from "../structural-schema";

/** Go's durations, as Velero takes them, and days. */
export const duration = {
  type: "string",
  pattern: "^([0-9]+d|([0-9]+(\\.[0-9]+)?(h|m|s))+)$",
  maxLength: 32,
} as const;

export const texts = {
  type: "array",
  maxItems: 256,
  items: {
    type: "string",
    description: "One of them.",
    maxLength: 4096,
  },
} as const;

export const textMap = {
  type: "object",
  additionalProperties: {
    type: "string",
    description: "The value.",
    maxLength: 4096,
  },
  "x-kubernetes-preserve-unknown-fields": true,
} as const satisfies Omit<StructuralSchema, "description">;

export const seconds = {
  type: "integer",
  format: "int32",
  minimum: 1,
  maximum: 604800,
} as const;

export const tries = {
  type: "integer",
  format: "int32",
  minimum: 0,
  maximum: 100,
} as const;
