import { isStorable } from "@vworkspace/contract";
import { type ProviderIdentity, requireIdentity } from "./provider-identity";

const MAX_METHODS = 16;
const MAX_METHOD_CHARACTERS = 64;
const MAX_SHOWN_CHARACTERS = 128;

/** Whom a provider has just vouched for, and how. */
export interface ProvenPerson {
  readonly identity: ProviderIdentity;
  /** When he proved himself at the provider; where it doesn't say, when it made its token. */
  readonly authenticatedAt: Date;
  /** How: `amr` (RFC 8176), as far as the provider says. */
  readonly amr: readonly string[];
  /** A name by which he recognises his account; nothing is decided by it. */
  readonly shownAs: string | undefined;
}

/** Claims of an ID token whose signature, issuer, audience, times and nonce were verified. @throws DomainError validation_failed */
export function provenBy(
  claims: Readonly<Record<string, unknown>> & {
    readonly iss: string;
    readonly sub: string;
    readonly iat: number;
  },
): ProvenPerson {
  const { iss: issuer, sub: subject, iat, auth_time: authTime } = claims;
  const seconds = isBefore(authTime, iat) ? authTime : iat;
  return {
    identity: requireIdentity({ issuer, subject }),
    authenticatedAt: new Date(seconds * 1000),
    amr: methodsOf(claims["amr"]),
    shownAs: [claims["email"], claims["preferred_username"], claims["name"]]
      .filter(isShowable)
      .at(0),
  };
}

/** Nobody proved himself after the token that says so. */
function isBefore(authTime: unknown, iat: number): authTime is number {
  return typeof authTime === "number" && authTime >= 0 && authTime <= iat;
}

function methodsOf(amr: unknown): readonly string[] {
  if (!Array.isArray(amr)) return [];
  return amr
    .filter(
      (one): one is string =>
        typeof one === "string" &&
        one.length <= MAX_METHOD_CHARACTERS &&
        isStorable(one),
    )
    .slice(0, MAX_METHODS);
}

function isShowable(claim: unknown): claim is string {
  return (
    typeof claim === "string" &&
    claim !== "" &&
    claim.length <= MAX_SHOWN_CHARACTERS
  );
}
