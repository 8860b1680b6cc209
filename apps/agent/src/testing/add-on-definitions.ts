import type { KubeObject } from "@vworkspace/kube";
import { upstreamDefinition } from "./upstream-definition";

const CERT_MANAGER = [
  ["cert-manager.io", "v1", "Certificate", "certificates"],
  ["cert-manager.io", "v1", "CertificateRequest", "certificaterequests"],
  ["cert-manager.io", "v1", "Issuer", "issuers"],
  ["cert-manager.io", "v1", "ClusterIssuer", "clusterissuers"],
] as const;
const STORES = "external-secrets.io";
const EXTERNAL_SECRETS = [
  [STORES, "v1", "ExternalSecret", "externalsecrets"],
  [STORES, "v1", "SecretStore", "secretstores"],
  [STORES, "v1", "ClusterSecretStore", "clustersecretstores"],
] as const;

export function certManagerDefinitions(): readonly KubeObject[] {
  return CERT_MANAGER.map(definition);
}

export function externalSecretsDefinitions(): readonly KubeObject[] {
  return EXTERNAL_SECRETS.map(definition);
}

/** Stand-ins are namespaced, unless their name says otherwise. */
function definition(
  kind: readonly [string, string, string, string],
): KubeObject {
  const found = upstreamDefinition(kind);
  if (!kind[2].startsWith("Cluster")) return found;
  return { ...found, spec: { ...(found["spec"] as object), scope: "Cluster" } };
}
