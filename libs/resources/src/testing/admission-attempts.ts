import { ADMISSION_USERS, ANNOTATIONS, LABELS } from "../names";
import { managed, operation, type Manifest } from "./manifests";
import type { Attempt, Who } from "./admission-rig";

/** Paths and requests as people make them, for the tables of the admission policies. */
export const NAMESPACES = "/api/v1/namespaces";
export const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const OWN = ADMISSION_USERS.agentNamespace;

export const instances = (namespace: string): string =>
  `/apis/apps.vworkspace.io/v1alpha1/namespaces/${namespace}/applicationinstances`;

export const operations = (namespace: string): string =>
  `/apis/ops.vworkspace.io/v1alpha1/namespaces/${namespace}/operations`;

export function instanceIn(
  namespace: string,
  name: string,
  options: { inline?: unknown; stamp?: string } = {},
): Manifest {
  const { inline = {}, stamp } = options;
  return inNamespace(
    managed({
      release: { name: "files", namespace },
      values: { source: "inline", inline },
    }),
    namespace,
    { name, ...stamped(stamp) },
  );
}

export function operationIn(
  namespace: string,
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
): Manifest {
  return inNamespace(operation(spec), namespace, { name });
}

function inNamespace(
  manifest: Manifest,
  namespace: string,
  metadata: { readonly name: string },
): Manifest {
  return { ...manifest, metadata: { ...metadata, namespace } };
}

const stamped = (stamp: string | undefined) =>
  stamp === undefined
    ? {}
    : { annotations: { [ANNOTATIONS.intentGeneration]: stamp } };

export const creates = (who: Who, path: string, body: unknown): Attempt => ({
  who,
  method: "POST",
  path,
  body,
});

export const patches = (who: Who, path: string, body: unknown): Attempt => ({
  who,
  method: "PATCH",
  path,
  body,
});

export const deletes = (who: Who, path: string): Attempt => ({
  who,
  method: "DELETE",
  path,
});

/** The change of an annotation; null removes it. */
export const annotates = (
  who: Who,
  path: string,
  annotations: Readonly<Record<string, string | null>>,
): Attempt => patches(who, path, { metadata: { annotations } });

export const stamps = (who: Who, path: string, stamp: string | null): Attempt =>
  annotates(who, path, { [ANNOTATIONS.intentGeneration]: stamp });

export const createsConfigMap = (who: Who, namespace: string): Attempt =>
  creates(who, `${NAMESPACES}/${namespace}/configmaps`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "notes" },
  });

export const createsNamespace = (
  who: Who,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Attempt =>
  creates(who, NAMESPACES, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels },
  });

const SOMEBODY = {
  apiGroup: "rbac.authorization.k8s.io",
  kind: "User",
  name: "somebody",
};

/** A binding in the namespace; without one, for the whole cluster. */
export function binds(
  who: Who,
  role: { readonly kind: string; readonly name: string },
  namespace?: string,
  subject: object = SOMEBODY,
): Attempt {
  const api = "/apis/rbac.authorization.k8s.io/v1";
  const apiGroup = "rbac.authorization.k8s.io";
  const path =
    namespace === undefined
      ? `${api}/clusterrolebindings`
      : `${api}/namespaces/${namespace}/rolebindings`;
  return creates(who, path, {
    apiVersion: `${apiGroup}/v1`,
    kind: namespace === undefined ? "ClusterRoleBinding" : "RoleBinding",
    metadata: { name: "of-the-spec" },
    roleRef: { apiGroup, ...role },
    subjects: [subject],
  });
}

export const releases = (namespace: string): string =>
  `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${namespace}/helmreleases`;

/** A HelmRelease that the agent may write; the fields of `spec` replace those of it, undefined removes. */
export const createsRelease = (
  who: Who,
  namespace: string,
  spec: Readonly<Record<string, unknown>> = {},
): Attempt =>
  creates(who, releases(namespace), {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name: "of-the-spec" },
    spec: {
      interval: "10m",
      chartRef: { kind: "OCIRepository", name: "files" },
      serviceAccountName: "vworkspace-release",
      ...spec,
    },
  });

/** A Backup or Restore of Velero's, in a namespace as Velero's own is: one that has not opted in. */
export const createsForVelero = (
  who: Who,
  kind: "Backup" | "Restore",
  {
    closed,
    spec,
    isOfOperation = true,
  }: {
    readonly closed: string;
    readonly spec: Readonly<Record<string, unknown>>;
    readonly isOfOperation?: boolean;
  },
): Attempt =>
  creates(
    who,
    `/apis/velero.io/v1/namespaces/${closed}/${kind.toLowerCase()}s`,
    {
      apiVersion: "velero.io/v1",
      kind,
      metadata: {
        name: "of-the-spec",
        ...(isOfOperation && { labels: { [LABELS.operation]: "uid-1" } }),
      },
      spec,
    },
  );
