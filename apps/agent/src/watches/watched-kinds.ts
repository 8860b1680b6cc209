import type { Kind } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  CLUSTER,
  LABELS,
  NAMESPACE_OPT_IN_VALUE,
  OPERATION,
} from "@vworkspace/resources";

export const HELM_RELEASE: Kind = {
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
};
export const HELM_REPOSITORY: Kind = {
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "HelmRepository",
};
export const OCI_REPOSITORY: Kind = {
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "OCIRepository",
};
export const NAMESPACE: Kind = { apiVersion: "v1", kind: "Namespace" };

export interface WatchedKind extends Kind {
  readonly labelSelector?: string;
}

/** Everything the agent watches. Namespaces only where they opted in: that is what decides whether we act there. */
export const WATCHED_KINDS: readonly WatchedKind[] = [
  APPLICATION_INSTANCE,
  OPERATION,
  CLUSTER,
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
  {
    ...NAMESPACE,
    labelSelector: `${LABELS.namespaceOptIn}=${NAMESPACE_OPT_IN_VALUE}`,
  },
];
