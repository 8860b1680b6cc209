import type { PublicJwk } from "@vworkspace/contract";

/** What an admin asks for the payloads of a cluster. */
export interface PayloadRequirements {
  /** Every job is signed; asked for, only an agent that can verify gets any. */
  readonly isSigned: boolean;
  readonly isEncrypted: boolean;
}

/** How payloads for a cluster are protected. */
export interface PayloadProtection extends PayloadRequirements {
  /** Whole seconds since the epoch, by the database's clock. */
  readonly secondsNow: number;
  /** The key that the cluster's agent has given; a peer's agent gives none. */
  readonly recipient:
    { readonly kid: string; readonly jwk: PublicJwk } | undefined;
}

/** A credential of a cluster. */
export interface CredentialRef {
  readonly clusterId: string;
  readonly credentialId: string;
}

/**
 * Public keys that payloads for clusters of one organization are encrypted to. A key belongs to the credential that it came
 * with: the former one counts for as long as the former credential is used.
 */
export abstract class ClusterEncryptionKeyStore {
  /** @param recipient undefined: who registered gave none */
  abstract add(
    credential: CredentialRef,
    recipient: PayloadProtection["recipient"],
  ): Promise<void>;
  /** With the key that came with the credential, or before it. */
  abstract protectionOf(credential: CredentialRef): Promise<PayloadProtection>;
  /** With the newest key. */
  abstract newestProtectionOf(clusterId: string): Promise<PayloadProtection>;
  abstract setRequirements(
    clusterId: string,
    requirements: PayloadRequirements,
  ): Promise<void>;
}
