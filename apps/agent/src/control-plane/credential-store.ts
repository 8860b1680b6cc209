/** A token and what is known of its life. Times in milliseconds since the epoch. */
export interface Credential {
  readonly token: string;
  readonly issuedAt?: number;
  readonly expiresAt?: number;
  /** Client certificate with its chain, and its private key (PEM): the token may be bound to it (RFC 8705). */
  readonly certificate?: { readonly chain: string; readonly key: string };
}

/** Everything the agent must not forget about its place at the control plane. */
export interface StoredCredentials {
  readonly controlPlaneBaseUrl: string;
  readonly clusterId: string;
  readonly current: Credential;
  /** The one before, kept until the current one has worked. */
  readonly previous?: Credential;
  /** SHA-256 prefix of the registration token that was used up: another token means register again. */
  readonly registrationTokenDigest?: string;
  /** Private JWK (JSON) that DPoP proofs are made with (RFC 9449). */
  readonly dpopKey?: string;
  /** Certificates (PEM) that the control plane is known by, where it gave some at registration or rotation. */
  readonly caBundle?: string;
  /** Private JWKs (JSON) that payloads may be encrypted to, newest first. */
  readonly encryptionKeys?: readonly string[];
  /** Public JWK (JSON) pinned at registration: it signs the set of payload keys. */
  readonly trustRoot?: string;
  /** The newest set of payload keys, as the trust root signed it (compact JWS). */
  readonly payloadKeySet?: string;
  /** The newest set of approval keys, likewise. */
  readonly approvalKeySet?: string;
}

/** Where credentials outlive the process. */
export abstract class CredentialStore {
  abstract load(): Promise<StoredCredentials | undefined>;
  /** Whether a save would succeed, tried without saving. @throws KubeError as the save would */
  abstract rehearse(): Promise<void>;
  /** The DPoP key (JWK) that was kept before there was a credential, or is kept with it. */
  abstract loadDpopKey(): Promise<string | undefined>;
  /**
   * Keeps that key while there is no credential yet: a registration whose answer got lost is repeated with the same key,
   * also by the next process.
   */
  abstract saveDpopKey(key: string): Promise<void>;
  /** Resolves once it is durable: only then may a new credential be used. */
  abstract save(credentials: StoredCredentials): Promise<void>;
}
