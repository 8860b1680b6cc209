import { maintenanceWindows } from "./maintenance-windows.schema";
import { APPLICATION_INSTANCE } from "./names";
import {
  conditionsSchema,
  dnsSubdomain,
  freeName,
  generation,
  timestamp,
  url,
} from "./schema-parts";
import type { StructuralSchema } from "./structural-schema";

const approvalsSchema = {
  type: "object",
  description: "Whether a person must agree first, and the proof that one did.",
  properties: {
    required: {
      type: "boolean",
      description: "Whether nothing starts without a valid claim; absent: no.",
    },
    claim: {
      type: "string",
      description:
        "The proof: a JWT of the control plane that names this operation and the digest of its spec.",
      maxLength: 8192,
    },
    approvedBy: { ...freeName, description: "Who agreed, as the claim says." },
    approvedAt: {
      type: "string",
      description: "When, as RFC 3339.",
      maxLength: 64,
    },
  },
} as const satisfies StructuralSchema;

const operationPolicySchema = {
  type: "object",
  description: "Conditions under which the operation runs.",
  properties: {
    requireReady: {
      type: "boolean",
      description: "Whether the target must be Ready first; absent: no.",
    },
    exclusive: {
      type: "boolean",
      description:
        "Whether nothing else may run on the target meanwhile; absent: as the type demands.",
    },
    maintenanceWindows: {
      ...maintenanceWindows,
      description:
        "Times when it may begin, besides the target's own; a Backup waits for none.",
    },
    timeoutSeconds: {
      type: "integer",
      format: "int32",
      description: "How long the engine may take, in seconds.",
      minimum: 1,
      maximum: 604800,
    },
  },
} as const satisfies StructuralSchema;

export const operationSpecSchema = {
  type: "object",
  description: "What should be done, once.",
  required: ["targetRef", "type", "engine"],
  properties: {
    targetRef: {
      type: "object",
      description:
        "The ApplicationInstance of this namespace that the operation is about. Immutable.",
      required: ["apiVersion", "kind", "name"],
      properties: {
        apiVersion: {
          type: "string",
          description: "Group and version of the target.",
          enum: [APPLICATION_INSTANCE.apiVersion],
        },
        kind: {
          type: "string",
          description: "Kind of the target.",
          enum: [APPLICATION_INSTANCE.kind],
        },
        name: { ...dnsSubdomain, description: "Name of the target." },
      },
    },
    type: {
      type: "string",
      description: "What is done. Immutable.",
      enum: [
        "Backup",
        "Restore",
        "Upgrade",
        "Migration",
        "RunCommand",
        "Runbook",
      ],
    },
    engine: {
      type: "string",
      description:
        "What does it; the target's annotation ops.vworkspace.io/<verb> must name it. Immutable.",
      enum: [
        "velero",
        "workflow",
        "job",
        "helm",
        "volsync",
        "helmHookJob",
        "snapshot",
      ],
    },
    parameters: {
      type: "object",
      description:
        "Parameters of the engine, checked by it before anything is created.",
      "x-kubernetes-preserve-unknown-fields": true,
    },
    approvals: approvalsSchema,
    policy: operationPolicySchema,
    cancel: {
      type: "boolean",
      description: "Set to true to stop the operation.",
    },
  },
} as const satisfies StructuralSchema;

export const operationStatusSchema = {
  type: "object",
  description: "How far it is; written by the agent only.",
  properties: {
    observedGeneration: {
      ...generation,
      description: "metadata.generation that this status speaks of.",
    },
    phase: {
      type: "string",
      description: "How far it is, in one word.",
      enum: ["Pending", "Running", "Succeeded", "Failed", "Cancelled"],
    },
    startedAt: { ...timestamp, description: "When the engine was started." },
    finishedAt: { ...timestamp, description: "When it ended." },
    conditions: conditionsSchema,
    outputs: {
      type: "object",
      description:
        "Results of the engine, for example backupName; outputsTruncated names those that there was no room for (16,384 characters of JSON).",
      "x-kubernetes-preserve-unknown-fields": true,
    },
    logsRef: {
      type: "object",
      description: "Where the log of the engine is.",
      properties: {
        kind: { ...freeName, description: "Kind of the object that logged." },
        name: { ...freeName, description: "Its name." },
        namespace: { ...freeName, description: "Its namespace." },
        url: { ...url, description: "Address of a log kept elsewhere." },
      },
    },
  },
} as const satisfies StructuralSchema;
