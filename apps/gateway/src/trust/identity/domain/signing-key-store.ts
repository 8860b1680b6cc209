/** A key pair of the gateway; the private half is sealed under the master key. */
export interface SealedSigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly sealedPrivateKey: Buffer;
}

/** Signing keys by purpose; tokens, payloads and approvals have each their own. */
export abstract class SigningKeyStore {
  /** Current and retired keys of a purpose, the current one first. */
  abstract all(purpose: string): Promise<readonly SealedSigningKey[]>;
  /** Adds the key as the current one, unless another replica was faster. */
  abstract addFirst(purpose: string, key: SealedSigningKey): Promise<void>;
}
