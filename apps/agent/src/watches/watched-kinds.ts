import type { Keep, Kind, KubeObject } from "@vworkspace/kube";
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
export const CONFIG_MAP: Kind = { apiVersion: "v1", kind: "ConfigMap" };
export const SECRET: Kind = { apiVersion: "v1", kind: "Secret" };
export const SERVICE: Kind = { apiVersion: "v1", kind: "Service" };
/** The core/v1 spelling, which is what Flux writes and what fields can be selected in. */
export const EVENT: Kind = { apiVersion: "v1", kind: "Event" };
export const INGRESS: Kind = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
};
/** Those that are made for instances, by a watch of their own: no one label selects them and those of releases. */
export const OWN_INGRESS: WatchKey = { ...INGRESS, of: "instances" };
export const CERTIFICATE: Kind = {
  apiVersion: "cert-manager.io/v1",
  kind: "Certificate",
};
export const EXTERNAL_SECRET: Kind = {
  apiVersion: "external-secrets.io/v1",
  kind: "ExternalSecret",
};
export const HTTP_ROUTE: Kind = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
};
export const CUSTOM_RESOURCE_DEFINITION: Kind = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
};
export const DEPLOYMENT: Kind = { apiVersion: "apps/v1", kind: "Deployment" };
export const STATEFUL_SET: Kind = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
};
export const POD: Kind = { apiVersion: "v1", kind: "Pod" };
/** Our admission policies, if the API server knows such. */
export const ADMISSION_POLICY: Kind = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
};
export const ADMISSION_POLICY_BINDING: Kind = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicyBinding",
};
export const DAEMON_SET: Kind = { apiVersion: "apps/v1", kind: "DaemonSet" };

/** The integrations of instances, as they are watched. */
export const INTEGRATION_KINDS: readonly WatchKey[] = [
  EXTERNAL_SECRET,
  CERTIFICATE,
  OWN_INGRESS,
];

const OF_OURS = { labelSelector: "app.kubernetes.io/part-of=vworkspace" };
/** helm-controller puts it on every object of a release: the HelmRelease's name, which is the instance's. */
export const RELEASE_LABEL = "helm.toolkit.fluxcd.io/name";
const OF_A_RELEASE = { labelSelector: RELEASE_LABEL };
const OF_AN_INSTANCE = { labelSelector: LABELS.applicationInstance };

/** A kind, and which objects of it where it is watched more than once. */
export interface WatchKey extends Kind {
  readonly of?: "instances";
}

export interface WatchedKind extends WatchKey {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Only apiVersion, kind and metadata are watched: the body isn't needed, or is nobody's business. */
  readonly metadataOnly?: true;
  /** One watch per namespace that opted in, so that no permission over the whole cluster is needed. */
  readonly perOptedInNamespace?: true;
  /** A resource of ours: each is looked at again every ten minutes, though nothing was told of it. */
  readonly isReconciled?: true;
  /** Nothing is written because there is none of the kind: reconciling begins without it where it can't be listed. */
  readonly isAccessory?: true;
  /** What is held of an object, managedFields and kubectl's copy of it left out already; undefined: nothing. */
  readonly keep?: Keep;
}

const METADATA_ASIDE = { metadataOnly: true, isAccessory: true } as const;

/** Everything the agent watches. Namespaces only where they opted in: that is what decides whether we act there. */
export const WATCHED_KINDS: readonly WatchedKind[] = [
  { ...APPLICATION_INSTANCE, isReconciled: true },
  { ...OPERATION, isReconciled: true },
  { ...CLUSTER, isReconciled: true },
  { ...HELM_RELEASE, keep: withoutValues },
  HELM_REPOSITORY,
  OCI_REPOSITORY,
  {
    ...NAMESPACE,
    labelSelector: `${LABELS.namespaceOptIn}=${NAMESPACE_OPT_IN_VALUE}`,
  },
  { ...CUSTOM_RESOURCE_DEFINITION, ...METADATA_ASIDE },
  { ...ADMISSION_POLICY, ...OF_OURS, ...METADATA_ASIDE },
  { ...ADMISSION_POLICY_BINDING, ...OF_OURS, ...METADATA_ASIDE },
  { ...DEPLOYMENT, ...METADATA_ASIDE },
  { ...DAEMON_SET, ...METADATA_ASIDE },
  { ...CONFIG_MAP, ...METADATA_ASIDE, perOptedInNamespace: true },
  { ...SECRET, ...METADATA_ASIDE, perOptedInNamespace: true },
  { ...SERVICE, ...OF_A_RELEASE, isAccessory: true },
  { ...INGRESS, ...OF_A_RELEASE, isAccessory: true },
  { ...HTTP_ROUTE, ...OF_A_RELEASE, isAccessory: true },
  ...INTEGRATION_KINDS.map((kind) => ({
    ...kind,
    ...OF_AN_INSTANCE,
    isAccessory: true as const,
  })),
  {
    ...EVENT,
    isAccessory: true,
    fieldSelector: "reason=DriftDetected,involvedObject.kind=HelmRelease",
  },
];

/** Other people's releases are watched too, for their names; what they install isn't read. */
function withoutValues(release: KubeObject): KubeObject {
  const { values: _, ...spec } = (release["spec"] ?? {}) as Record<
    string,
    unknown
  >;
  return { ...release, spec };
}
