import type { KubeObject } from "@vworkspace/kube";

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
