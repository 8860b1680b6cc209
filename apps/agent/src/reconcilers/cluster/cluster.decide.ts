import type { KubeObject } from "@vworkspace/kube";
import {
  CLUSTER,
  type ClusterSpec,
  LABELS,
  MANAGED_BY,
} from "@vworkspace/resources";

/** Name of the Cluster object where nobody made one: there is one per cluster, and it is there before its id is known. */
export const OWN_CLUSTER = "this-cluster";

/** The agent's Cluster object among those that exist: the one named this-cluster, else the first by name. */
export function ownCluster(
  clusters: Iterable<KubeObject>,
): KubeObject | undefined {
  const sorted = [...clusters].sort((one, other) =>
    one.metadata.name < other.metadata.name ? -1 : 1,
  );
  return (
    sorted.find(({ metadata }) => metadata.name === OWN_CLUSTER) ?? sorted[0]
  );
}

/**
 * The Cluster object to write, or undefined where nothing is to be written. One that a person made is left as it is; ours
 * gets its id as soon as that is known.
 */
export function clusterToWrite(
  existing: KubeObject | undefined,
  known: { readonly endpoint: string; readonly clusterId: string | undefined },
): KubeObject | undefined {
  const { endpoint, clusterId } = known;
  const spec = {
    controlPlaneEndpoint: endpoint,
    ...(clusterId !== undefined && { clusterId }),
  };
  if (existing !== undefined && !(isOurs(existing) && isBehind(existing, spec)))
    return undefined;
  return {
    ...CLUSTER,
    metadata: {
      name: OWN_CLUSTER,
      labels: { [LABELS.managedBy]: MANAGED_BY, [LABELS.velero]: "true" },
    },
    spec,
  };
}

function isOurs({ metadata }: KubeObject): boolean {
  const { name, labels } = metadata;
  return name === OWN_CLUSTER && labels?.[LABELS.managedBy] === MANAGED_BY;
}

function isBehind(existing: KubeObject, spec: ClusterSpec): boolean {
  const old = (existing["spec"] ?? {}) as ClusterSpec;
  return (
    old.controlPlaneEndpoint !== spec.controlPlaneEndpoint ||
    (spec.clusterId !== undefined && old.clusterId !== spec.clusterId)
  );
}
