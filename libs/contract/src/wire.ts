import { z } from "zod";
import { LIMITS } from "./limits";

/** Never through the middle of a surrogate pair: half of one can't be stored. */
function cut(value: string): string {
  const end = LIMITS.messageCharacters;
  const isPair = /[\uD800-\uDBFF]/.test(value.charAt(end - 1));
  return value.slice(0, isPair && value.length > end ? end - 1 : end);
}

/** Cut, not refused: a long message from a cluster must not lose the report it stands in. */
const text = z.string().transform(cut);
const shortText = z.string().max(512);

/** RFC 3339 with any offset; times on the wire are UTC, but peers are read generously. */
export const timestampSchema = z.iso.datetime({ offset: true });

/** A Kubernetes condition (meta/v1 Condition) as it travels in status reports and events. */
export const conditionSchema = z.looseObject({
  type: z.string().min(1).max(316),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string().max(1024).default(""),
  message: text.default(""),
  lastTransitionTime: timestampSchema.optional(),
  observedGeneration: z.number().int().nonnegative().optional(),
});
export type Condition = z.infer<typeof conditionSchema>;

/** What a report or event is about. `generation` is Kubernetes' own; `intentGeneration` is the gateway's counter (ours). */
export const resourceRefSchema = z.looseObject({
  apiVersion: shortText.default(""),
  kind: shortText.default(""),
  namespace: shortText.optional(),
  name: shortText.default(""),
  uid: shortText.optional(),
  generation: z.number().int().nonnegative().optional(),
  intentGeneration: z.number().int().nonnegative().optional(),
});
export type ResourceRef = z.infer<typeof resourceRefSchema>;

/** A public key (RFC 7517). One that holds a private part is refused: it should never have left its owner. */
export const publicJwkSchema = z
  .looseObject({
    kty: z.enum(["EC", "OKP"]),
    crv: z.string().max(16),
    x: z.string().max(128),
    y: z.string().max(128).optional(),
    kid: z.string().max(128).optional(),
  })
  .refine((jwk) => !("d" in jwk), {
    message: "holds a private key: send the public part only",
  });
export type PublicJwk = z.infer<typeof publicJwkSchema>;

/** Certificates or a request for one, as PEM (RFC 7468). */
const pemSchema = z.string().max(LIMITS.pemCharacters);

/** POST /register. The token may stand in the Authorization header instead, or in both if they are equal. */
export const registerRequestSchema = z.looseObject({
  registrationToken: z.string().max(1024).optional(),
  clusterId: z.string().max(253).optional(),
  displayName: z.string().max(253).optional(),
  agentVersion: z.string().max(128).optional(),
  /** Ours: says that the cluster is a simulated one; accepted only where the gateway runs a demo. */
  simulated: z.boolean().optional(),
  /** Ours: UID of the namespace kube-system, by which a person recognises the cluster. */
  clusterUid: z.string().max(128).optional(),
  /** Ours: public JWK that the token is bound to; comes with a DPoP proof over a nonce of the gateway (RFC 9449). */
  dpopKey: publicJwkSchema.optional(),
  /** Ours: a PKCS#10 request (PEM) for a client certificate; of it only the key counts. */
  csr: pemSchema.optional(),
  /** Ours: public JWK that payloads for this cluster may be encrypted to (ECDH-ES). */
  publicKey: publicJwkSchema.optional(),
});
export type RegisterRequest = z.infer<typeof registerRequestSchema>;

export const registerResponseSchema = z.looseObject({
  clusterId: z.string(),
  token: z.string(),
  expiresAt: timestampSchema.optional(),
  /** Ours: the client certificate with its chain, where a csr was sent. */
  certificate: pemSchema.optional(),
  /** Ours: what the control plane's own certificate may be issued by. */
  caBundle: pemSchema.optional(),
  /** Ours: `iss` of the token. */
  issuer: z.string().max(2048).optional(),
  /** Ours: the key that signs the set of payload keys, to be pinned. */
  trustRoot: publicJwkSchema.optional(),
});
export type RegisterResponse = z.infer<typeof registerResponseSchema>;

/** POST /credentials/rotate. Ours: a new certificate, another key to encrypt to. */
export const rotateRequestSchema = z.looseObject({
  csr: pemSchema.optional(),
  publicKey: publicJwkSchema.optional(),
});
export type RotateRequest = z.infer<typeof rotateRequestSchema>;

export const rotateResponseSchema = z.looseObject({
  token: z.string(),
  expiresAt: timestampSchema.optional(),
  certificate: pemSchema.optional(),
  caBundle: pemSchema.optional(),
  trustRoot: publicJwkSchema.optional(),
});
export type RotateResponse = z.infer<typeof rotateResponseSchema>;

export const JOB_KINDS = ["apply", "delete", "intent"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** One job as the gateway offers it. `payload` depends on `kind`; see {@link Job}. */
export const jobSchema = z.looseObject({
  id: z.string().min(1),
  kind: z.enum(JOB_KINDS),
  payload: z.record(z.string(), z.unknown()),
  idempotencyKey: z.string().min(1),
  createdAt: timestampSchema,
  expiresAt: timestampSchema,
  /** Ours: 1 on the first offer, one more whenever the lease ran out. */
  attempt: z.number().int().positive().optional(),
  traceparent: z.string().optional(),
});
/** apply: a whole manifest; delete: an {@link ObjectReference}; intent: `{intent, …}`. */
export type Job = z.infer<typeof jobSchema>;

/**
 * A job as it travels. Ours: a signature over the payload, and an encrypted payload (with its signature inside) in place of
 * both ("Protection above TLS").
 */
export const offeredJobSchema = jobSchema
  .extend({
    payload: jobSchema.shape.payload.optional(),
    signature: z.string().optional(),
    encryptedPayload: z.string().optional(),
  })
  .refine(
    ({ payload, encryptedPayload }) =>
      (payload === undefined) !== (encryptedPayload === undefined),
    {
      path: ["payload"],
      message: "is required, or encryptedPayload in its place",
    },
  );
export type OfferedJob = z.infer<typeof offeredJobSchema>;

/** GET /payload-keys, GET /approval-keys (ours): a set of keys as the trust root signed it. */
export interface KeySetAnswer {
  readonly keySet: string;
}

export const jobsResponseSchema = z.looseObject({ jobs: z.array(jobSchema) });

/** Payload of a delete job. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export const INTENTS = [
  "ensure-application-instance",
  "request-operation",
  "delete-application-instance",
  "rotate-operator-credentials",
] as const;

/** POST /jobs/{id}/status. */
export const statusReportSchema = z.looseObject({
  phase: z.string().min(1).max(128),
  conditions: z.array(conditionSchema).max(64).optional(),
  message: text.optional(),
  timestamp: timestampSchema,
});
export type StatusReport = z.infer<typeof statusReportSchema>;

export const OUTCOMES = ["succeeded", "failed", "noop", "conflict"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** POST /jobs/{id}/result. `error` is required for failed and conflict. */
export const resultReportSchema = z
  .looseObject({
    outcome: z.enum(OUTCOMES),
    error: text.optional(),
    appliedRef: resourceRefSchema.optional(),
    timestamp: timestampSchema,
  })
  .refine(
    (result) =>
      !["failed", "conflict"].includes(result.outcome) || Boolean(result.error),
    {
      path: ["error"],
      message: "is required when outcome is failed or conflict",
    },
  );
export type ResultReport = z.infer<typeof resultReportSchema>;

export const EVENT_KINDS = [
  "ConditionTransition",
  "ClusterHeartbeat",
  "CredentialRotated",
  "OperationAccepted",
  "OperationBlocked",
  "OperationRunning",
  "OperationSucceeded",
  "OperationFailed",
  "ClusterSnapshot",
  "JobRefused",
] as const;

/** Ours: what the status of an Operation says besides its conditions, whole. */
export const operationDetailSchema = z.looseObject({
  phase: z.enum(["Pending", "Running", "Succeeded", "Failed", "Cancelled"]),
  outputs: z
    .record(z.string().max(128), z.unknown())
    .refine(
      (outputs) => JSON.stringify(outputs).length <= LIMITS.outputsCharacters,
      { message: `is longer than ${LIMITS.outputsCharacters} characters` },
    )
    .optional(),
  startedAt: timestampSchema.optional(),
  finishedAt: timestampSchema.optional(),
});
export type OperationDetail = z.infer<typeof operationDetailSchema>;

/** Ours: what is told of an object besides its conditions, by kind. */
const detailSchema = z.looseObject({
  operation: operationDetailSchema.optional(),
});

/** One observed object of a ClusterSnapshot page. */
export const snapshotItemSchema = z.looseObject({
  resourceRef: resourceRefSchema,
  uid: shortText,
  intentGeneration: z.number().int().nonnegative().optional(),
  specDigest: shortText.optional(),
  conditions: z.array(conditionSchema).max(64).default([]),
  /** Ours. */
  detail: detailSchema.optional(),
});
export type SnapshotItem = z.infer<typeof snapshotItemSchema>;

/** A page of a ClusterSnapshot; what no page of one `id` lists is absent once the page marked `last` is stored. */
export const snapshotPageSchema = z.looseObject({
  id: shortText,
  page: z.number().int().nonnegative(),
  last: z.boolean(),
  items: z.array(snapshotItemSchema).max(1000),
});
export type SnapshotPage = z.infer<typeof snapshotPageSchema>;

/** One controller or add-on of the cluster, as a heartbeat lists it. */
export const controllerStateSchema = z.looseObject({
  name: shortText,
  present: z.boolean(),
  ready: z.boolean(),
  version: shortText.optional(),
  message: text.optional(),
});
export type ControllerState = z.infer<typeof controllerStateSchema>;

/** One event of POST /events. Unknown kinds are stored, not refused. */
export const eventSchema = z.looseObject({
  eventKey: z.string().max(2048).optional(),
  kind: z.string().min(1).max(128),
  resourceRef: resourceRefSchema,
  conditions: z.array(conditionSchema).max(64).optional(),
  timestamp: timestampSchema,
  /** Ours: UUIDv7 of the agent's process, and a counter in it; together they order events whatever the clock says. */
  session: z.string().max(64).optional(),
  sequence: z.number().int().nonnegative().optional(),
  /** Ours, of a ClusterSnapshot. */
  snapshot: snapshotPageSchema.optional(),
  /** Ours, of a ClusterHeartbeat. */
  agentVersion: shortText.optional(),
  controllers: z.array(controllerStateSchema).max(64).optional(),
  /** Ours, of events about an instance: where it can be reached. */
  endpoints: z
    .array(z.looseObject({ name: shortText, url: z.string().max(2048) }))
    .max(64)
    .optional(),
  /** Ours, of events about an operation. */
  detail: detailSchema.optional(),
  reason: text.optional(),
});
export type AgentEvent = z.infer<typeof eventSchema>;

/** The shape of a batch: its items are parsed one by one, so that one bad event does not lose the others. */
export const eventBatchSchema = z.looseObject({
  events: z.array(z.unknown()).min(1).max(LIMITS.eventsPerBatch),
});

/** Answer to `Prefer: return=representation` (RFC 7240). */
export interface EventBatchAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly {
    readonly index: number;
    readonly reason: string;
  }[];
}
