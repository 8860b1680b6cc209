import type { SigningKeyTimes } from "./domain/signing-key.decide";

export const TOKEN_ALGORITHMS = ["EdDSA", "ES256"] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** How long a new key is published before it signs. */
export const KEY_PUBLICATION_SECONDS = 600;
/** How long anybody may keep the published key set. */
export const KEY_SET_SECONDS = KEY_PUBLICATION_SECONDS / 2;

export interface TokenOptions extends SigningKeyTimes {
  /** `iss` of new tokens; asked at each, since the address that a gateway listens on is known late. */
  readonly issuer: () => string;
  /** Of new keys; a change of it takes effect by the next rotation, which it makes due. */
  readonly algorithm: TokenAlgorithm;
}

export const TOKEN_OPTIONS = Symbol("TokenOptions");
