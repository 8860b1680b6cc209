/** A reference from a dependent to its owner (meta/v1). */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Which fields one manager owns (meta/v1). */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: "Apply" | "Update";
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

/** The part of meta/v1 ObjectMeta that this product reads or writes. Times are RFC 3339 in UTC. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  deletionTimestamp?: string;
  creationTimestamp?: string;
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
}

/** Any Kubernetes object as JSON. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** A kind in one version of its group, for example `helm.toolkit.fluxcd.io/v2` + `HelmRelease`. */
export interface Kind {
  apiVersion: string;
  kind: string;
}

/** One object by name; `namespace` is absent for cluster-scoped kinds. */
export interface ObjectRef extends Kind {
  namespace?: string;
  name: string;
}

export function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  const { name, namespace } = metadata;
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** What names an object in stores and queues: `namespace/name`, or `name` for cluster-scoped kinds. */
export function keyOf(object: {
  metadata: { name: string; namespace?: string };
}): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The inverse of keyOf. */
export function parseKey(key: string): { namespace?: string; name: string } {
  const slash = key.indexOf("/");
  if (slash < 0) return { name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** How messages name an object: `HelmRelease shop/odoo`. */
export function describeRef(ref: ObjectRef): string {
  const key =
    ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
  return `${ref.kind} ${key}`;
}
