import {
  conditionsSchema,
  freeName,
  generation,
  longText,
  timestamp,
  url,
} from "./schema-parts";
import type { StructuralSchema } from "./structural-schema";

const chartSeen = {
  type: "object",
  description: "Chart of the last release that was applied.",
  required: ["sourceType", "url", "name", "version"],
  properties: {
    sourceType: {
      type: "string",
      description: "Kind of the chart source.",
      enum: ["oci", "helm"],
    },
    url: { ...url, description: "Where the chart came from." },
    name: { ...freeName, description: "Name of the chart." },
    version: { ...freeName, description: "Version of the chart." },
  },
} as const satisfies StructuralSchema;

const endpointsSchema = {
  type: "array",
  description: "Addresses at which the application is reached.",
  maxItems: 64,
  "x-kubernetes-list-type": "atomic",
  items: {
    type: "object",
    description: "One address.",
    required: ["name", "url"],
    properties: {
      name: { ...freeName, description: "What it is called." },
      url: { ...url, description: "The address." },
      type: {
        ...freeName,
        description: "What it comes from, for example ingress or service.",
      },
      notes: { ...longText, description: "What to know about it." },
    },
  },
} as const satisfies StructuralSchema;

const inventorySchema = {
  type: "array",
  description:
    "Objects that the release installed, as Flux lists them; at most the first 500.",
  maxItems: 500,
  "x-kubernetes-list-type": "atomic",
  items: {
    type: "object",
    description: "One object.",
    required: ["apiVersion", "kind", "name"],
    properties: {
      apiVersion: { ...freeName, description: "Its group and version." },
      kind: { ...freeName, description: "Its kind." },
      namespace: { ...freeName, description: "Its namespace, if it has one." },
      name: { ...freeName, description: "Its name." },
    },
  },
} as const satisfies StructuralSchema;

const historySchema = {
  type: "array",
  description: "Revisions of the release, newest first.",
  maxItems: 20,
  "x-kubernetes-list-type": "atomic",
  items: {
    type: "object",
    description: "One revision of the Helm release.",
    required: ["revision", "chartVersion", "status"],
    properties: {
      revision: { ...generation, description: "Helm's number of it." },
      chartName: { ...freeName, description: "Name of its chart." },
      chartVersion: { ...freeName, description: "Version of its chart." },
      appVersion: {
        ...freeName,
        description: "Version of the application in it, as the chart says.",
      },
      status: {
        ...freeName,
        description: "Helm's word for its state, for example deployed.",
      },
      digest: { ...freeName, description: "Digest of the release." },
      firstDeployed: {
        ...timestamp,
        description: "When it was first applied.",
      },
      lastDeployed: { ...timestamp, description: "When it was last applied." },
      requestedBy: {
        ...freeName,
        description: "Who asked for it, where the control plane said so.",
      },
      intentGeneration: {
        ...generation,
        description:
          "Generation of the control plane's intent that it came from.",
      },
    },
  },
} as const satisfies StructuralSchema;

export const applicationInstanceStatusSchema = {
  type: "object",
  description: "What is the case; written by the agent only.",
  properties: {
    observedGeneration: {
      ...generation,
      description: "metadata.generation that this status speaks of.",
    },
    intentGeneration: {
      ...generation,
      description:
        "Generation of the control plane's intent that this status speaks of.",
    },
    conditions: conditionsSchema,
    helmReleaseRef: {
      type: "object",
      description: "The HelmRelease made for this instance.",
      required: ["name", "namespace"],
      properties: {
        name: { ...freeName, description: "Its name." },
        namespace: { ...freeName, description: "Its namespace." },
      },
    },
    lastAppliedChart: chartSeen,
    lastReconcileTime: {
      ...timestamp,
      description:
        "When this status last changed; it moves only with another change.",
    },
    endpoints: endpointsSchema,
    inventory: inventorySchema,
    history: historySchema,
  },
} as const satisfies StructuralSchema;
