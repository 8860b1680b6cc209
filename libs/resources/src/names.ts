/** Names that manifests, policies and other programs rely on. None of them may change within a version of the API. */

export const APPLICATION_INSTANCE = {
  apiVersion: "apps.vworkspace.io/v1alpha1",
  kind: "ApplicationInstance",
} as const;

export const OPERATION = {
  apiVersion: "ops.vworkspace.io/v1alpha1",
  kind: "Operation",
} as const;

export const CLUSTER = {
  apiVersion: "ops.vworkspace.io/v1alpha1",
  kind: "Cluster",
} as const;

/** The kinds of ours that a CustomResourceDefinition exists for. */
export type ResourceKind =
  | typeof APPLICATION_INSTANCE.kind
  | typeof OPERATION.kind
  | typeof CLUSTER.kind;

export const LABELS = {
  /** {@link MANAGED_BY} on what the control plane asked for; one of {@link OLDER_MANAGED_BY} counts as the same. */
  managedBy: "app.vworkspace.io/managed-by",
  clusterId: "app.vworkspace.io/cluster-id",
  /** Name of the instance, on everything derived from it. */
  applicationInstance: "app.vworkspace.io/application-instance",
  /** Uid of the operation, on everything derived from it. */
  operation: "ops.vworkspace.io/operation",
  /** "true" on our own resources: Velero restores no status, so a restored operation would run again. */
  velero: "velero.io/exclude-from-backup",
  /** "true" on a service account, set by a person of the cluster: releases may act with its rights. */
  releaseServiceAccount: "vworkspace.io/release-service-account",
  /** "true" on a service account, set by a person of the cluster: jobs of operations may act with its rights. */
  operationServiceAccount: "vworkspace.io/operation-service-account",
  /** On a namespace: {@link NAMESPACE_OPT_IN_VALUE} lets the agent act there. */
  namespaceOptIn: "managed-by",
} as const;

export const MANAGED_BY = "control-plane";
/** Values of `app.vworkspace.io/managed-by` that mean the same in older manifests. */
export const OLDER_MANAGED_BY = ["odoo"] as const;
export const NAMESPACE_OPT_IN_VALUE = "vworkspace";

export const ANNOTATIONS = {
  /** The control plane's generation that was applied; it never falls. */
  intentGeneration: "vworkspace.io/intent-generation",
  /** Who asked for that generation, as the control plane's evidence names people. */
  requestedBy: "vworkspace.io/requested-by",
  /** On an Operation: the control plane's id of it, which an approval names. */
  operationId: "vworkspace.io/operation-id",
  /** "true": take over a Helm release of this name that is not ours. */
  adopt: "vworkspace.io/adopt",
  /** "true" on one of our CRDs: it may be deleted. The admission policy refuses it else. */
  allowDelete: "vworkspace.io/allow-delete",
  /** On a Cluster: a new value asks to register again at once. */
  rotateCredentials: "ops.vworkspace.io/rotate-credentials",
  /** On an Operation: its own uid, written with phase Running; another uid marks a restored copy. */
  startedUid: "ops.vworkspace.io/started-uid",
  /** On what an operation keeps at rest while it works: the operation's uid. */
  heldBy: "ops.vworkspace.io/held-by",
  /** Flux: a new value asks for a reconciliation now. */
  fluxRequestedAt: "reconcile.fluxcd.io/requestedAt",
} as const;

export const FINALIZERS = {
  applicationInstance: "apps.vworkspace.io/uninstall",
  clusterCleanup: "ops.vworkspace.io/cluster-cleanup",
  /** On an operation under way: its engine's work is taken back before it goes. */
  operation: "ops.vworkspace.io/engine-cleanup",
} as const;

export const FIELD_MANAGERS = {
  /** Jobs in pull mode. */
  agent: "vworkspace-agent",
  /** Push mode. */
  controlPlane: "vworkspace-control-plane",
  /** What reconcilers write. */
  operator: "vworkspace-operator",
} as const;

/** Who is who to the admission policies: names of users as the API server knows them. */
export const ADMISSION_USERS = {
  agentNamespace: "vworkspace-system",
  agent: "system:serviceaccount:vworkspace-system:vworkspace-agent",
  /** The control plane's own identity in a cluster that it pushes to. */
  controlPlane:
    "system:serviceaccount:vworkspace-system:vworkspace-control-plane",
} as const;

/** Service account that Flux uses for releases; bound to `admin` in its namespace by the opt-in. */
export const RELEASE_SERVICE_ACCOUNT = "vworkspace-release";

/** Service account that jobs and workflows of operations run under, where they name no other. */
export const OPERATION_RUNNER_SERVICE_ACCOUNT = "vworkspace-operation-runner";

/** ClusterRole with the agent's rights in a namespace; each that opts in binds it to the agent by a RoleBinding. */
export const AGENT_NAMESPACE_ROLE = "vworkspace-agent-namespace";

/** Secret of the agent's credential, in its namespace. */
export const CREDENTIAL_SECRET = "vworkspace-agent-credentials";
export const CREDENTIAL_SECRET_KEYS = {
  controlPlaneBaseUrl: "control-plane-base-url",
  clusterId: "cluster-id",
  token: "token",
} as const;
