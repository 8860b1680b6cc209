import { CREDENTIAL_SECRET } from "./names";
import {
  conditionsSchema,
  count,
  dataKey,
  dnsSubdomain,
  freeName,
  longText,
  timestamp,
} from "./schema-parts";
import type { StructuralSchema } from "./structural-schema";

/** Empty counts as absent in the older spellings: programs wrote them so. */
const olderEndpoint = {
  type: "string",
  maxLength: 2048,
  pattern: "^(https?://.+)?$",
} as const;

const securitySchema = {
  type: "object",
  description:
    "What this cluster demands of the control plane, above TLS, besides what the agent's settings ask for.",
  properties: {
    requireSignedPayloads: {
      type: "boolean",
      description:
        "Whether jobs without a valid signature are refused, also where no trust root is pinned; where one is, they always are.",
    },
    requireEncryptedPayloads: {
      type: "boolean",
      description: "Whether jobs in clear text are refused.",
    },
    requirePersonalApprovals: {
      type: "boolean",
      description:
        "Whether approvals are refused that only an Odoo says somebody gave; those of people whom the control plane knows themselves count.",
    },
    tokenMode: {
      type: "string",
      description:
        "How the agent proves that its token is its own: not at all, by its client certificate, or by a DPoP key. Reserved: nothing reads it yet.",
      enum: ["bearer", "mtls", "dpop"],
    },
  },
} as const satisfies StructuralSchema;

const connectivitySchema = {
  type: "object",
  description: "How intent reaches this cluster.",
  properties: {
    mode: {
      type: "string",
      description:
        "pull: the agent asks; push: the control plane writes; gitops: through a Git repository. Reserved: the agent asks, whatever stands here.",
      enum: ["pull", "push", "gitops"],
    },
    pollSeconds: {
      type: "integer",
      format: "int32",
      description:
        "How long one poll waits for work, in seconds. Reserved: nothing reads it yet.",
      minimum: 1,
      maximum: 300,
    },
    disconnectAfterSeconds: {
      type: "integer",
      format: "int32",
      description:
        "After how many seconds without an answer the cluster counts as disconnected.",
      minimum: 10,
      maximum: 86400,
    },
  },
} as const satisfies StructuralSchema;

export const clusterSpecSchema = {
  type: "object",
  description: "Who this cluster is and how it reaches its control plane.",
  properties: {
    clusterId: {
      ...freeName,
      description:
        "Identity of the cluster. May be absent at the first registration: the control plane gives one.",
    },
    controlPlaneEndpoint: {
      type: "string",
      description:
        "Base address of the control plane. The agent calls the one in its setting CONTROL_PLANE_ENDPOINT; where another one stands here, the condition Connected says so.",
      maxLength: 2048,
      pattern: "^https?://.+$",
    },
    controlPlaneBaseUrl: {
      ...olderEndpoint,
      description: "Older spelling of controlPlaneEndpoint, which wins.",
    },
    odooBaseUrl: {
      ...olderEndpoint,
      description:
        "Oldest spelling of controlPlaneEndpoint; the newer ones win.",
    },
    displayName: { ...freeName, description: "Name for people." },
    registrationTokenSecretRef: {
      type: "object",
      description:
        "Secret in the agent's namespace that holds the registration token.",
      required: ["name"],
      properties: {
        name: { ...dnsSubdomain, description: "Name of the Secret." },
        key: {
          ...dataKey,
          description: "Key of the token.",
          default: "registrationToken",
        },
      },
    },
    registrationToken: {
      type: "string",
      description:
        "Older way to give the registration token; used once and cleared. Prefer registrationTokenSecretRef.",
      maxLength: 1024,
    },
    rotateCredentials: {
      type: "boolean",
      description: "Set to true to rotate the credential; cleared when done.",
    },
    capabilities: {
      type: "object",
      description: "Reserved: add-ons to be managed. Nothing reads it yet.",
      properties: {
        flux: { type: "boolean", description: "Reserved." },
        velero: { type: "boolean", description: "Reserved." },
      },
    },
    security: securitySchema,
    connectivity: connectivitySchema,
  },
} as const satisfies StructuralSchema;

const credentialStatusSchema = {
  type: "object",
  description: "Where the credential is and where it came from.",
  properties: {
    secretName: {
      ...freeName,
      description: `Secret that holds it, normally ${CREDENTIAL_SECRET}.`,
    },
    secretNamespace: { ...freeName, description: "Namespace of that Secret." },
    registeredAt: {
      ...timestamp,
      description: "When the registration token was exchanged.",
    },
    registrationTokenConsumed: {
      type: "boolean",
      description: "Whether the registration token was used up.",
    },
  },
} as const satisfies StructuralSchema;

const controllersSchema = {
  type: "array",
  description: "Controllers that the agent relies on.",
  maxItems: 32,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name"],
  items: {
    type: "object",
    description: "One controller.",
    required: ["name", "present"],
    properties: {
      name: { ...freeName, description: "Its name, for example flux." },
      present: { type: "boolean", description: "Whether its API is served." },
      ready: { type: "boolean", description: "Whether it works." },
      version: { ...freeName, description: "Its version, where known." },
      message: { ...longText, description: "What is wrong with it." },
    },
  },
} as const satisfies StructuralSchema;

export const clusterStatusSchema = {
  type: "object",
  description: "How the connection is; written by the agent only.",
  properties: {
    phase: {
      type: "string",
      description: "The state in one word.",
      enum: [
        "Pending",
        "Registering",
        "Connected",
        "Disconnected",
        "Error",
        "Terminating",
      ],
    },
    lastHeartbeat: {
      ...timestamp,
      description:
        "When the control plane last answered; written at most every 5 minutes.",
    },
    conditions: conditionsSchema,
    credentialsSecretRef: {
      type: "object",
      description: "The Secret that holds the credential.",
      required: ["name"],
      properties: {
        name: { ...freeName, description: "Its name." },
        namespace: { ...freeName, description: "Its namespace." },
      },
    },
    credentialStatus: credentialStatusSchema,
    observedToken: {
      ...freeName,
      description:
        "Prefix of the SHA-256 of the registration token used last; another token means: register again.",
    },
    lastHandledRotation: {
      ...freeName,
      description:
        "Value of the annotation ops.vworkspace.io/rotate-credentials that was last acted on.",
    },
    agentVersion: { ...freeName, description: "Version of the agent." },
    controllers: controllersSchema,
    buffer: {
      type: "object",
      description: "Events on their way to the control plane.",
      properties: {
        queued: { ...count, description: "How many wait." },
        dropped: { ...count, description: "How many were lost." },
      },
    },
    checkpoint: {
      ...longText,
      description:
        "Checkpoint of the audit log that the agent holds the control plane to.",
    },
  },
} as const satisfies StructuralSchema;
