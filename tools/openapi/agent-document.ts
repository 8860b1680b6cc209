import { AGENT_MEDIA_TYPE, LIMITS } from "@vworkspace/contract";
import { agentSchemas } from "./agent-schemas";
import {
  type Answer,
  documentText,
  type Operation,
  ref,
  type Schema,
} from "./document";

const text = (description: string): Schema => ({ description, type: "string" });

const NONCE: Readonly<Record<string, Schema>> = {
  "DPoP-Nonce": text(
    "The nonce for the next proof, where the request had one.",
  ),
};

const refusal = (
  description: string,
  headers: Readonly<Record<string, Schema>> = {},
): Answer => ({
  description,
  schema: ref("Error"),
  headers: { ...NONCE, ...headers },
});

const REFUSALS: Readonly<Record<string, Answer>> = {
  Wrong: refusal("The request is wrong: it is not sent again unchanged."),
  NoCredential: refusal(
    "The credential, or what has to come with it, is missing, malformed, unknown, over or revoked.",
    {
      "WWW-Authenticate": text(
        "Bearer, or DPoP with the error that its proof has.",
      ),
    },
  ),
  NotPermitted: refusal("The credential is good and does not permit this."),
  NotThere: refusal("There is no such job for this cluster."),
  NoCommonType: refusal("Accept admits no media type of the contract."),
  Closed: refusal("The job is closed."),
  TooLarge: refusal("The body is over 1 MiB."),
  WrongType: refusal("The body is of another media type."),
  NotUsable: refusal("A key in the body can't be used."),
  TooMany: refusal("Too many requests.", {
    "Retry-After": {
      description: "In how many seconds to try again.",
      type: "integer",
    },
  }),
  Failed: refusal("The gateway could not."),
  Unavailable: refusal("A look-up was impossible: try again."),
};

/** What every endpoint for agents may say. */
const ALWAYS = {
  "401": "NoCredential",
  "406": "NoCommonType",
  "413": "TooLarge",
  "415": "WrongType",
  "429": "TooMany",
  "500": "Failed",
  "503": "Unavailable",
} as const;

const DONE: Answer = { description: "Done.", headers: NONCE };
const ok = (description: string, schema: string): Answer => ({
  description,
  schema: ref(schema),
  headers: NONCE,
});

const PROOF: Schema = {
  name: "DPoP",
  in: "header",
  required: false,
  description:
    "A proof of the key that the token is bound to, or is to be bound to (RFC 9449).",
  schema: { type: "string" },
};

const JOB_ID: Schema = {
  name: "id",
  in: "path",
  required: true,
  description: "Id of the job.",
  schema: { type: "string" },
};

function onJob(operationId: string, summary: string, body?: string): Operation {
  return {
    operationId,
    summary,
    tags: ["jobs"],
    parameters: [JOB_ID, PROOF],
    ...(body !== undefined && { body: ref(body) }),
    answers: {
      "204": DONE,
      "400": "Wrong",
      "404": "NotThere",
      "409": "Closed",
      ...ALWAYS,
    },
  };
}

function keySet(operationId: string, summary: string): Operation {
  return {
    operationId,
    summary,
    tags: ["keys"],
    parameters: [PROOF],
    answers: { "200": ok("The set.", "KeySetAnswer"), ...ALWAYS },
  };
}

const REGISTER: Operation = {
  operationId: "register",
  summary: "Exchange a registration token for a credential",
  tags: ["credentials"],
  parameters: [PROOF],
  security: [{ token: [] }, {}],
  body: ref("RegisterRequest"),
  isBodyOptional: true,
  answers: {
    "200": ok("The credential.", "RegisterResponse"),
    "400": "Wrong",
    "403": "NotPermitted",
    "422": "NotUsable",
    ...ALWAYS,
  },
};

const ROTATE: Operation = {
  operationId: "rotate",
  summary: "Take the next credential",
  tags: ["credentials"],
  parameters: [PROOF],
  body: ref("RotateRequest"),
  isBodyOptional: true,
  answers: {
    "200": ok("The next credential.", "RotateResponse"),
    "400": "Wrong",
    "422": "NotUsable",
    ...ALWAYS,
  },
};

const POLL: Operation = {
  operationId: "poll",
  summary: "Ask for work, and wait for it",
  tags: ["jobs"],
  parameters: [
    {
      name: "cluster",
      in: "query",
      required: true,
      description: "The token's cluster.",
      schema: { type: "string" },
    },
    {
      name: "wait",
      in: "query",
      required: false,
      description: "For how many seconds to wait.",
      schema: {
        type: "integer",
        minimum: 0,
        maximum: LIMITS.waitMaxSeconds,
        default: LIMITS.waitDefaultSeconds,
      },
    },
    {
      name: "resume",
      in: "query",
      required: false,
      description:
        "true: also the jobs that were acked and not settled, at once.",
      schema: { type: "boolean", default: false },
    },
    PROOF,
  ],
  answers: {
    "200": ok("Work, or none.", "Jobs"),
    "400": "Wrong",
    "403": "NotPermitted",
    ...ALWAYS,
  },
};

const EVENTS: Operation = {
  operationId: "report_events",
  summary: "Tell what happened",
  tags: ["events"],
  parameters: [
    {
      name: "Prefer",
      in: "header",
      required: false,
      description: "return=representation asks for an account of the batch.",
      schema: { type: "string" },
    },
    PROOF,
  ],
  body: ref("EventBatch"),
  answers: {
    "200": ok("An account of the batch, stored.", "EventBatchAnswer"),
    "204": { description: "Stored.", headers: NONCE },
    "400": "Wrong",
    ...ALWAYS,
  },
};

const JWKS: Operation = {
  operationId: "jwks",
  summary: "Keys that cluster tokens can be verified with",
  tags: ["keys"],
  security: [],
  answers: {
    "200": {
      description: "The keys.",
      mediaType: "application/jwk-set+json",
      schema: ref("JwkSet"),
    },
    "429": "TooMany",
    "500": "Failed",
    "503": "Unavailable",
  },
};

const PATHS = {
  "/api/agent/register": { post: REGISTER },
  "/api/agent/credentials/rotate": { post: ROTATE },
  "/api/agent/jobs": { get: POLL },
  "/api/agent/jobs/{id}/ack": { post: onJob("ack", "Begin with a job") },
  "/api/agent/jobs/{id}/status": {
    post: onJob("report_status", "Tell how far a job is", "StatusReport"),
  },
  "/api/agent/jobs/{id}/result": {
    post: onJob("settle", "Tell what came of a job", "ResultReport"),
  },
  "/api/agent/events": { post: EVENTS },
  "/api/agent/payload-keys": {
    get: keySet("payload_keys", "Keys that payloads are signed by"),
  },
  "/api/agent/approval-keys": {
    get: keySet("approval_keys", "Keys that approvals are signed by"),
  },
  "/.well-known/jwks.json": { get: JWKS },
};

export function agentDocument(): string {
  return documentText({
    title: "vworkspace gateway, agent contract",
    version: "1",
    description:
      "How a cluster's agent and the gateway talk. docs/contract/agent-v1.md is the contract; this is its shape.",
    mediaType: AGENT_MEDIA_TYPE,
    tags: [
      { name: "credentials", description: "How an agent is known." },
      { name: "jobs", description: "Work for a cluster." },
      { name: "events", description: "What happened in a cluster." },
      { name: "keys", description: "What signatures are verified with." },
    ],
    paths: PATHS,
    schemas: agentSchemas(),
    answers: REFUSALS,
    securitySchemes: {
      token: {
        type: "http",
        scheme: "bearer",
        description:
          "The cluster's token; a registration token for register. One that is bound to a key comes with the scheme DPoP and a proof.",
      },
    },
    security: [{ token: [] }],
  });
}
