import type { AgentConfig } from "../config";
import type { Watches } from "../watches/watches";
import { ownSecurity } from "./own-security";

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
  const security = await ownSecurity(watches);
  if (security === undefined) return EVERYTHING;
  return {
    isSigned:
      config.requiresSignedPayloads || security.requireSignedPayloads === true,
    isEncrypted:
      config.requiresEncryptedPayloads ||
      security.requireEncryptedPayloads === true,
  };
}
