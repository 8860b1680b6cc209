import { CLUSTER, type ClusterSpec } from "@vworkspace/resources";
import type { AgentConfig } from "../config";
import { ownCluster } from "../watches/own-cluster";
import type { Watches } from "../watches/watches";

/** What a job must be for this cluster to take it. */
export interface PayloadDemands {
  /** Also where no trust root is pinned. */
  readonly isSigned: boolean;
  readonly isEncrypted: boolean;
}

const EVERYTHING: PayloadDemands = { isSigned: true, isEncrypted: true };

/** What the agent's settings ask for, and spec.security of its Cluster object as it is now. */
export async function payloadDemands(
  watches: Pick<Watches, "whenSynced" | "hasSynced" | "objects">,
  config: Pick<
    AgentConfig,
    "requiresSignedPayloads" | "requiresEncryptedPayloads"
  >,
): Promise<PayloadDemands> {
  // A job of the first poll must not slip in before it is known what the object says.
  await watches.whenSynced(CLUSTER);
  if (!watches.hasSynced(CLUSTER)) return EVERYTHING;
  const own = ownCluster(watches.objects(CLUSTER).values());
  const { security = {} } = (own?.["spec"] ?? {}) as ClusterSpec;
  return {
    isSigned:
      config.requiresSignedPayloads || security.requireSignedPayloads === true,
    isEncrypted:
      config.requiresEncryptedPayloads ||
      security.requireEncryptedPayloads === true,
  };
}
