import { CLUSTER, type ClusterSpec } from "@vworkspace/resources";
import { ownCluster } from "../watches/own-cluster";
import type { Watches } from "../watches/watches";

/** spec.security of the agent's Cluster object as it is now; undefined where nobody can know that. */
export async function ownSecurity(
  watches: Pick<Watches, "whenSynced" | "hasSynced" | "objects">,
): Promise<Required<ClusterSpec>["security"] | undefined> {
  // What comes first must not slip in before it is known what the object says.
  await watches.whenSynced(CLUSTER);
  if (!watches.hasSynced(CLUSTER)) return undefined;
  const own = ownCluster(watches.objects(CLUSTER).values());
  return ((own?.["spec"] ?? {}) as ClusterSpec).security ?? {};
}
