import { managed } from "./manifests";
import type { Refusal } from "./refusal";

/** What spec.integrations may not say. */
export const INTEGRATION_REFUSALS: readonly Refusal[] = [
  {
    title: "an Ingress that is described and has no host",
    manifest: managed({ integrations: { ingress: { className: "nginx" } } }),
    field: "spec.integrations.ingress.host",
    message:
      "spec.integrations.ingress.host is required where the Ingress is described: add the host name that it answers to",
  },
  {
    title: "a certificate for no host",
    manifest: managed({
      integrations: { certManager: { issuerRef: { name: "ca" } } },
    }),
    field: "spec.integrations.certManager",
    message:
      "spec.integrations.certManager with an issuerRef needs spec.integrations.ingress.host, the name that the certificate is for: add it",
  },
  {
    title: "a store of which nothing is wanted",
    manifest: managed({
      integrations: { externalSecrets: { secretStoreRef: { name: "vault" } } },
    }),
    field: "spec.integrations.externalSecrets.data",
    message:
      "spec.integrations.externalSecrets.data goes with spec.integrations.externalSecrets.secretStoreRef: give both, or neither where the chart brings its own ExternalSecret",
  },
  ...[
    { path: "files" },
    { path: "/files?all" },
    { serviceName: "files.other" },
    { servicePort: 0 },
    { className: "Nginx" },
  ].map((over) => ({
    title: `an Ingress with ${JSON.stringify(over)}`,
    manifest: managed({
      integrations: { ingress: { host: "files.example.com", ...over } },
    }),
    field: `spec.integrations.ingress.${Object.keys(over).join("")}`,
  })),
];
