import {
  DNS_LABEL_MAX_LENGTH,
  DNS_LABEL_PATTERN,
  DNS_SUBDOMAIN_MAX_LENGTH,
  DNS_SUBDOMAIN_PATTERN,
} from "./dns-names";
import type { StructuralSchema } from "./structural-schema";

/** Pieces that the schemas of several kinds are made of. Lengths are bounded everywhere: CEL's cost budget needs it. */

export const dnsLabel = {
  type: "string",
  minLength: 1,
  maxLength: DNS_LABEL_MAX_LENGTH,
  pattern: DNS_LABEL_PATTERN,
} as const;

export const dnsSubdomain = {
  type: "string",
  minLength: 1,
  maxLength: DNS_SUBDOMAIN_MAX_LENGTH,
  pattern: DNS_SUBDOMAIN_PATTERN,
} as const;

/** A name that other programs gave; only its length is ours to bound. */
export const freeName = { type: "string", maxLength: 253 } as const;

export const longText = { type: "string", maxLength: 4096 } as const;

export const url = { type: "string", maxLength: 2048 } as const;

export const timestamp = { type: "string", format: "date-time" } as const;

export const generation = {
  type: "integer",
  format: "int64",
  minimum: 0,
} as const;

export const count = { type: "integer", format: "int64", minimum: 0 } as const;

export const SECRET_KEY_PATTERN = "^[-._a-zA-Z0-9]+$";

export const dataKey = {
  type: "string",
  minLength: 1,
  maxLength: 253,
  pattern: SECRET_KEY_PATTERN,
} as const;

export const secretName = {
  type: "object",
  required: ["name"],
  properties: {
    name: {
      ...dnsSubdomain,
      description: "Name of the Secret, in the namespace of this object.",
    },
  },
} as const;

/** meta/v1 Condition, bounds as Kubernetes sets them. */
export const conditionsSchema = {
  type: "array",
  description: "What is the case now; one entry per type.",
  maxItems: 32,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: {
    type: "object",
    description: "One aspect of the state, in the form of meta/v1 Condition.",
    required: ["type", "status", "lastTransitionTime", "reason", "message"],
    properties: {
      type: {
        type: "string",
        description: "Name of the aspect, in CamelCase.",
        maxLength: 316,
        pattern:
          "^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
      },
      status: {
        type: "string",
        description: "Whether it is the case.",
        enum: ["True", "False", "Unknown"],
      },
      observedGeneration: {
        ...generation,
        description: "metadata.generation that this was judged for.",
      },
      lastTransitionTime: {
        ...timestamp,
        description: "When status last changed.",
      },
      reason: {
        type: "string",
        description: "Why, in one CamelCase word that programs may rely on.",
        minLength: 1,
        maxLength: 1024,
        pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
      },
      message: {
        type: "string",
        description: "Why, in a sentence for a person.",
        maxLength: 32768,
      },
    },
  },
} as const satisfies StructuralSchema;
