import type { KubeObject } from "@vworkspace/kube";
import { standIn } from "./flux-definitions";

export const GATEWAY = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
} as const;

const GROUP = "gateway.networking.k8s.io";
/** The API server keeps names under k8s.io for APIs that were reviewed, and wants to be told of any other. */
const APPROVAL = {
  "api-approved.kubernetes.io": "unapproved, a stand-in for tests",
};

/** Stand-ins for the kinds of the Gateway API that the agent reads. */
export function gatewayDefinitions(): readonly KubeObject[] {
  return [
    standIn([GROUP, "v1", "Gateway", "gateways"]),
    standIn([GROUP, "v1", "HTTPRoute", "httproutes"]),
  ].map((definition) => ({
    ...definition,
    metadata: { ...definition.metadata, annotations: APPROVAL },
  }));
}
