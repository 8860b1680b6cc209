import {
  conditionSchema,
  controllerStateSchema,
  ERROR_STATUS,
  eventSchema,
  LIMITS,
  offeredJobSchema,
  operationDetailSchema,
  publicJwkSchema,
  registerRequestSchema,
  registerResponseSchema,
  resourceRefSchema,
  resultReportSchema,
  rotateRequestSchema,
  rotateResponseSchema,
  snapshotItemSchema,
  snapshotPageSchema,
  statusReportSchema,
} from "@vworkspace/contract";
import { z } from "zod";
import { MEANINGS } from "./agent-meanings";
import { mapped, ref, type Schema } from "./document";

/** The schemas that messages are read by, under their names in the document. */
const READ: Readonly<Record<string, z.ZodType>> = {
  Condition: conditionSchema,
  ResourceRef: resourceRefSchema,
  PublicJwk: publicJwkSchema,
  RegisterRequest: registerRequestSchema,
  RegisterResponse: registerResponseSchema,
  RotateRequest: rotateRequestSchema,
  RotateResponse: rotateResponseSchema,
  OfferedJob: offeredJobSchema,
  StatusReport: statusReportSchema,
  ResultReport: resultReportSchema,
  OperationDetail: operationDetailSchema,
  SnapshotItem: snapshotItemSchema,
  SnapshotPage: snapshotPageSchema,
  ControllerState: controllerStateSchema,
  Event: eventSchema,
};

function readSchemas(): Record<string, Schema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(READ)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
  });
  return mapped(schemas as Record<string, Schema>, (schema, name) => {
    const { $schema: _dialect, $id: _id, id: _name, ...rest } = schema;
    return explained(rest, name, "");
  });
}

/** With what each property means. @throws Error for one that nobody has described yet */
function explained(schema: Schema, name: string, path: string): Schema {
  const { properties, items } = schema as {
    properties?: Readonly<Record<string, Schema>>;
    items?: Schema;
  };
  return {
    ...schema,
    ...(items && { items: explained(items, name, path) }),
    ...(properties && {
      properties: mapped(properties, (one, key) => {
        const at = path === "" ? key : `${path}.${key}`;
        const description = MEANINGS[name]?.[at];
        if (description === undefined)
          throw new Error(
            `tools/openapi/agent-meanings.ts doesn't say what ${at} of ${name} is.`,
          );
        return { description, ...explained(one, name, at) };
      }),
    }),
  };
}

/** What has no schema to be read by. */
const WRITTEN: Readonly<Record<string, Schema>> = {
  Error: {
    type: "object",
    required: ["error", "message", "requestId"],
    properties: {
      error: {
        description: "A short code.",
        enum: Object.keys(ERROR_STATUS),
      },
      message: { description: "One sentence for a person.", type: "string" },
      requestId: {
        description: "The id under which the gateway logged the request.",
        type: "string",
      },
    },
  },
  Jobs: {
    type: "object",
    required: ["jobs"],
    properties: {
      jobs: {
        description: "Work for the cluster, oldest first.",
        type: "array",
        maxItems: LIMITS.jobsPerPoll,
        items: ref("OfferedJob"),
      },
    },
  },
  EventBatch: {
    type: "object",
    required: ["events"],
    properties: {
      events: {
        description:
          "Events, each judged by itself: a bad one does not lose its batch.",
        type: "array",
        minItems: 1,
        maxItems: LIMITS.eventsPerBatch,
        items: ref("Event"),
      },
    },
  },
  EventBatchAnswer: {
    type: "object",
    required: ["accepted", "duplicates", "rejected"],
    properties: {
      accepted: { description: "How many were stored.", type: "integer" },
      duplicates: { description: "How many were repeats.", type: "integer" },
      rejected: {
        description: "Those that were kept aside.",
        type: "array",
        items: {
          type: "object",
          required: ["index", "reason"],
          properties: {
            index: { description: "Its place in the batch.", type: "integer" },
            reason: { description: "What is wrong with it.", type: "string" },
          },
        },
      },
    },
  },
  KeySetAnswer: {
    type: "object",
    required: ["keySet"],
    properties: {
      keySet: {
        description:
          "A set of keys as the trust root signed it, a compact JWS.",
        type: "string",
      },
    },
  },
  JwkSet: {
    type: "object",
    required: ["keys"],
    properties: {
      keys: {
        description: "Public keys (RFC 7517).",
        type: "array",
        items: ref("PublicJwk"),
      },
    },
  },
};

export function agentSchemas(): Record<string, Schema> {
  return { ...readSchemas(), ...WRITTEN };
}
