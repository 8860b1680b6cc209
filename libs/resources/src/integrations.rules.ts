import { has, valueAt } from "./json-access";
import type { StateRule } from "./rule";

const INTEGRATIONS = ["spec", "integrations"] as const;

/** What an Ingress without host would be about; older manifests say enabled without one. */
const FIELDS_OF_A_HOST = [
  "className",
  "path",
  "serviceName",
  "servicePort",
  "tls",
] as const;

/** Without a host an Ingress would answer to every name of the cluster. */
const hostOfIngress: StateRule = {
  on: "state",
  at: [...INTEGRATIONS, "ingress"],
  field: "host",
  cel: `has(self.host) || !(${FIELDS_OF_A_HOST.map((field) => `has(self.${field})`).join(" || ")})`,
  message:
    "spec.integrations.ingress.host is required where the Ingress is described: add the host name that it answers to",
  reason: "FieldValueRequired",
  holds: (ingress) =>
    has(ingress, "host") ||
    !FIELDS_OF_A_HOST.some((field) => has(ingress, field)),
};

const hostOfCertificate: StateRule = {
  on: "state",
  at: INTEGRATIONS,
  field: "certManager",
  cel: "!(has(self.certManager) && has(self.certManager.issuerRef)) || (has(self.ingress) && has(self.ingress.host))",
  message:
    "spec.integrations.certManager with an issuerRef needs spec.integrations.ingress.host, the name that the certificate is for: add it",
  reason: "FieldValueInvalid",
  holds: (integrations) =>
    valueAt(integrations, ["certManager", "issuerRef"]) === undefined ||
    valueAt(integrations, ["ingress", "host"]) !== undefined,
};

const storeWithData: StateRule = {
  on: "state",
  at: [...INTEGRATIONS, "externalSecrets"],
  field: "data",
  cel: "has(self.secretStoreRef) == has(self.data)",
  message:
    "spec.integrations.externalSecrets.data goes with spec.integrations.externalSecrets.secretStoreRef: give both, or neither where the chart brings its own ExternalSecret",
  reason: "FieldValueRequired",
  holds: (external) =>
    has(external, "secretStoreRef") === has(external, "data"),
};

export const INTEGRATION_RULES: readonly StateRule[] = [
  hostOfIngress,
  hostOfCertificate,
  storeWithData,
];
