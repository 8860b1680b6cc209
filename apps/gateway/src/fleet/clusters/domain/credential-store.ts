import type { CredentialRow } from "./cluster";
import type { Confirmation } from "./sender-constraint.decide";

export interface NewCredential {
  readonly id: string;
  readonly clusterId: string;
  readonly ttlSeconds: number;
  readonly confirmation: Confirmation;
  readonly certificateKey: string | undefined;
  readonly isUnconfirmed: boolean;
  /** Where and by what it was registered; nothing for one that succeeds another. */
  readonly registration?: {
    readonly tokenId: string;
    readonly clusterUid: string | undefined;
    readonly address: string;
  };
}

/** From when until when, by the database's clock. */
export interface Lifetime {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** What a token says of its own time, in seconds since 1970. */
export interface ClaimedTimes {
  readonly notBefore: number | undefined;
  readonly expires: number | undefined;
}

/** A registration token of a cluster that may register. */
export interface RegistrationTokenRow {
  readonly clusterId: string;
  readonly clusterCode: string;
  readonly isUnused: boolean;
  /** Used a moment ago: whoever proves the key of then may ask again, since the answer may have been lost. */
  readonly isRepeatable: boolean;
}

/** A registration that waits for an admin's word, as he is to compare it. */
export interface UnconfirmedRegistration {
  readonly credentialId: string;
  readonly confirmation: Confirmation;
  readonly clusterUid: string | undefined;
  readonly address: string | undefined;
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
  /** A token that may be used, or repeated, now; tells before it is consumed whose it is. */
  abstract registrationToken(
    tokenId: string,
  ): Promise<RegistrationTokenRow | undefined>;
  /** Takes back the unused credential that the token was exchanged for to the holder of this key; false: there is none. */
  abstract takeBackRegistered(
    tokenId: string,
    keyThumbprint: string,
  ): Promise<boolean>;
  /** Whether a policy of the organization or of the cluster asks for an admin's word. */
  abstract asksConfirmation(clusterId: string): Promise<boolean>;
  abstract newestUnconfirmed(
    clusterId: string,
  ): Promise<UnconfirmedRegistration | undefined>;
  /** Confirms the one; every other of the cluster that waits for it ends. */
  abstract confirm(clusterId: string, credentialId: string): Promise<void>;
  /** Adds a credential. */
  abstract add(credential: NewCredential): Promise<Lifetime>;
  /** @param times what the token says besides the row; both have to hold */
  abstract find(
    credentialId: string,
    times?: ClaimedTimes,
  ): Promise<CredentialRow | undefined>;
  /** What is registered with the newest live credential of a cluster. */
  abstract newestLive(
    clusterId: string,
  ): Promise<{ readonly confirmation: Confirmation } | undefined>;
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
  /** Ends the registration tokens of the cluster that nobody has used. */
  abstract endUnusedTokens(clusterId: string): Promise<void>;
  abstract revokeAll(clusterId: string): Promise<void>;
  /** Whether the cluster ever had a credential that counted. */
  abstract hasConfirmed(clusterId: string): Promise<boolean>;
}
