/** A key pair of the gateway; the private half is sealed under the master key. */
export interface SealedSigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly sealedPrivateKey: Buffer;
}

/** Published and yet to sign, the one that signs, or one that only verifies what it has signed. */
export type SigningKeyState = "next" | "current" | "retired";

/** Where a key stands in its life, by the database's clock. */
export interface SigningKeyRow extends SealedSigningKey {
  readonly state: SigningKeyState;
  /** Since it signs; below zero: until it does. */
  readonly signingSeconds: number;
  readonly signsFrom: Date;
  /** Not set: as long as it signs, and for a key of a release that noted none, for good. */
  readonly verifiesUntil: Date | undefined;
}

/** Signing keys by purpose; tokens, payloads and approvals have each their own. */
export abstract class SigningKeyStore {
  /** Every key of a purpose that still verifies, the current one first. */
  abstract all(purpose: string): Promise<readonly SigningKeyRow[]>;
  /** The same, alone until the transaction ends: keys are changed by one replica at a time. */
  abstract lockAll(purpose: string): Promise<readonly SigningKeyRow[]>;
  /** Adds the key as the current one, unless another replica was faster. */
  abstract addFirst(purpose: string, key: SealedSigningKey): Promise<void>;
  /** Adds a key that verifies now and signs when it is promoted, not before so many seconds. */
  abstract publish(
    purpose: string,
    key: SealedSigningKey,
    signsInSeconds: number,
  ): Promise<void>;
  /** Lets a published key sign; the one that did so far verifies for so many seconds more. */
  abstract promote(
    purpose: string,
    kid: string,
    verifySeconds: number,
  ): Promise<void>;
  /** Lets a key that signs no more verify nothing either; whether there was such a key. */
  abstract distrust(purpose: string, kid: string): Promise<boolean>;
  /** Whole seconds since the epoch, by the database's clock. */
  abstract secondsNow(): Promise<number>;
  /** Every name under which tokens were issued. */
  abstract issuers(): Promise<readonly string[]>;
  abstract addIssuer(issuer: string): Promise<void>;
}
