import type { CredentialRow } from "./cluster";

export interface NewCredential {
  readonly id: string;
  readonly clusterId: string;
  readonly registrationTokenId?: string;
  readonly ttlSeconds: number;
}

/** Registration tokens and cluster credentials of one organization; secrets come in hashed only. */
export abstract class CredentialStore {
  abstract addRegistrationToken(token: {
    readonly id: string;
    readonly clusterId: string;
    readonly hash: Buffer;
    readonly ttlSeconds: number;
  }): Promise<Date>;
  /** Which organization and row a registration token belongs to, by exact hash, before an organization is known. */
  abstract findRegistrationToken(
    hash: Buffer,
  ): Promise<
    { readonly organizationId: string; readonly tokenId: string } | undefined
  >;
  /** Uses the token: its cluster for exactly one caller, undefined for all others and when it is used or expired. */
  abstract consumeRegistrationToken(
    tokenId: string,
  ): Promise<{ readonly clusterId: string } | undefined>;
  /** Cluster code of a token that was not used yet; tells before it is consumed whether it is the caller's. */
  abstract clusterOfToken(
    tokenId: string,
  ): Promise<
    { readonly clusterId: string; readonly clusterCode: string } | undefined
  >;
  /** Adds a credential; returns when it expires. */
  abstract add(credential: NewCredential): Promise<Date>;
  abstract find(credentialId: string): Promise<CredentialRow | undefined>;
  /** The same, holding the row until the transaction ends. */
  abstract lock(credentialId: string): Promise<CredentialRow | undefined>;
  /** Notes the first use. A credential of a registration ends every other of its cluster; how many ended is returned. */
  abstract noteFirstUse(credential: CredentialRow): Promise<number>;
  /** Takes back a successor that nobody has used; false when somebody has, meanwhile too. */
  abstract takeBackSuccessor(credential: CredentialRow): Promise<boolean>;
  /** Ends the credential's life after the grace, in favour of a successor. A repeat makes the grace no longer. */
  abstract succeed(
    credential: CredentialRow,
    successorId: string,
    graceSeconds: number,
  ): Promise<void>;
  /** Ends at once the grace of whoever this credential succeeded. */
  abstract endPredecessor(credential: CredentialRow): Promise<void>;
  abstract revokeAll(clusterId: string): Promise<void>;
  /** Whether the cluster ever had a credential. */
  abstract hasAny(clusterId: string): Promise<boolean>;
}
