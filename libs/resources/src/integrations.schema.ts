import {
  dataKey,
  dnsLabel,
  dnsSubdomain,
  freeName,
  secretName,
} from "./schema-parts";
import type { StructuralSchema } from "./structural-schema";

/** Begins with a slash, and holds what a path of a URL may hold. */
export const INGRESS_PATH_PATTERN = "^/[-A-Za-z0-9._~%!$&'()*+,;=:@/]*$";

const remoteText = { type: "string", minLength: 1, maxLength: 1024 } as const;

const externalSecretsSchema = {
  type: "object",
  description:
    "A Secret that external-secrets fetches. enabled alone only says that the chart brings its own.",
  properties: {
    enabled: { type: "boolean", description: "Whether to use it." },
    secretStoreRef: {
      type: "object",
      description: "The store that it is fetched from.",
      required: ["name"],
      properties: {
        name: { ...dnsSubdomain, description: "Name of the store." },
        kind: {
          type: "string",
          description:
            "SecretStore: one of this namespace; ClusterSecretStore: one of the cluster; absent: SecretStore.",
          enum: ["SecretStore", "ClusterSecretStore"],
        },
      },
    },
    data: {
      type: "array",
      description:
        "The keys of the Secret and where their values come from. The Secret is the one that spec.values.secretRef names, where values come from a Secret, else <name>-vworkspace.",
      minItems: 1,
      maxItems: 64,
      "x-kubernetes-list-type": "atomic",
      items: {
        type: "object",
        description: "One key.",
        required: ["secretKey", "remoteRef"],
        properties: {
          secretKey: { ...dataKey, description: "Key of the Secret." },
          remoteRef: {
            type: "object",
            description: "What the store is asked for.",
            required: ["key"],
            properties: {
              key: { ...remoteText, description: "Key in the store." },
              property: {
                ...remoteText,
                description: "One property of what the store holds there.",
              },
              version: {
                ...remoteText,
                description: "Version of it; absent: the newest.",
              },
            },
          },
        },
      },
    },
  },
} as const satisfies StructuralSchema;

const certManagerSchema = {
  type: "object",
  description:
    "A certificate for ingress.host that cert-manager gets. enabled alone only says that the chart brings its own.",
  properties: {
    enabled: { type: "boolean", description: "Whether to use it." },
    issuerRef: {
      type: "object",
      description: "Who issues the certificate.",
      required: ["name"],
      properties: {
        name: { ...dnsSubdomain, description: "Name of the issuer." },
        kind: {
          type: "string",
          description:
            "Issuer: one of this namespace; ClusterIssuer: one of the cluster; absent: Issuer.",
          enum: ["Issuer", "ClusterIssuer"],
        },
      },
    },
  },
} as const satisfies StructuralSchema;

const ingressSchema = {
  type: "object",
  description:
    "An Ingress in front of the application. Without a host none is made.",
  properties: {
    enabled: { type: "boolean", description: "Whether to have one." },
    host: { ...freeName, description: "Host name it answers to." },
    className: {
      ...dnsSubdomain,
      description: "IngressClass; absent: the cluster's default one.",
    },
    path: {
      type: "string",
      description: "Beginning of the paths it answers to; absent: /.",
      minLength: 1,
      maxLength: 1024,
      pattern: INGRESS_PATH_PATTERN,
    },
    serviceName: {
      ...dnsLabel,
      description:
        "Service of this namespace that it leads to; absent: the one with the release's name.",
    },
    servicePort: {
      type: "integer",
      format: "int32",
      description: "Port of that Service; absent: 80.",
      minimum: 1,
      maximum: 65535,
    },
    tls: {
      type: "object",
      description:
        "That the host is served by TLS; with a certificate from certManager it is anyway.",
      properties: {
        secretName: {
          ...secretName.properties.name,
          description:
            "Secret with the certificate, where certManager writes its own too; absent: that of certManager (<name>-vworkspace-tls), else the default certificate of the ingress controller.",
        },
      },
    },
  },
} as const satisfies StructuralSchema;

export const integrationsSchema = {
  type: "object",
  description:
    "What add-ons of the cluster do for the application: an Ingress in front of it, its certificate, a Secret from a store outside. The chart is told by spec.values alone.",
  properties: {
    externalSecrets: externalSecretsSchema,
    certManager: certManagerSchema,
    ingress: ingressSchema,
  },
} as const satisfies StructuralSchema;
