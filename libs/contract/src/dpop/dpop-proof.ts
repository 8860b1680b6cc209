import { calculateJwkThumbprint, importJWK, type JWK, SignJWT } from "jose";
import type { PublicJwk } from "../wire";

export const DPOP_TYPE = "dpop+jwt";
/** RFC 9449 §5.1: what the gateway says it takes. */
export const DPOP_ALGORITHMS = ["ES256", "EdDSA"] as const;
export type DpopAlgorithm = (typeof DPOP_ALGORITHMS)[number];

/** What a proof claims (RFC 9449 §4.2). */
export interface DpopClaims {
  /** Of the request, in upper case. */
  readonly method: string;
  /** Of the request; its query and fragment are left out. */
  readonly url: string;
  /** Another one for every request: 96 random bits or more. */
  readonly jti: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** The one that the server gave last. */
  readonly nonce?: string | undefined;
  /** The token that the request carries, where it is one that is bound to the key. */
  readonly accessToken?: string | undefined;
}

/** The algorithm that a key signs proofs with, by its curve. Undefined for a key of another kind. */
export function dpopAlgorithmOf(jwk: {
  readonly kty?: unknown;
  readonly crv?: unknown;
}): DpopAlgorithm | undefined {
  if (jwk.kty === "EC" && jwk.crv === "P-256") return "ES256";
  if (jwk.kty === "OKP" && jwk.crv === "Ed25519") return "EdDSA";
  return undefined;
}

/** A key's public members and nothing else of it. */
export function publicDpopKey(jwk: JWK): PublicJwk {
  const { kty, crv, x, y } = jwk;
  if (dpopAlgorithmOf(jwk) === undefined || typeof x !== "string")
    throw new TypeError(
      "A DPoP key is an EC key on P-256, or an Ed25519 key, as JWK.",
    );
  return {
    kty: kty as PublicJwk["kty"],
    crv: crv as string,
    x,
    ...(typeof y === "string" && { y }),
  };
}

/** RFC 7638, SHA-256: what `cnf.jkt` of a bound token says. */
export function dpopThumbprint(jwk: JWK): Promise<string> {
  return calculateJwkThumbprint(publicDpopKey(jwk) as JWK, "sha256");
}

/** A proof of the private key for one request (RFC 9449 §4.2), as compact JWS. @throws TypeError for a key of another kind */
export async function makeDpopProof(
  claims: DpopClaims,
  privateJwk: JWK,
): Promise<string> {
  const jwk = publicDpopKey(privateJwk);
  const alg = dpopAlgorithmOf(jwk) ?? "ES256";
  const { accessToken, nonce } = claims;
  return new SignJWT({
    htm: claims.method,
    htu: claims.url.replace(/[?#].*$/s, ""),
    jti: claims.jti,
    iat: claims.issuedAt,
    ...(nonce !== undefined && { nonce }),
    ...(accessToken !== undefined && {
      ath: await accessTokenHash(accessToken),
    }),
  })
    .setProtectedHeader({ typ: DPOP_TYPE, alg, jwk: jwk as JWK })
    .sign(await importJWK(privateJwk, alg));
}

/** `ath`: base64url of the SHA-256 of the token's ASCII. */
export async function accessTokenHash(token: string): Promise<string> {
  const bytes = new TextEncoder().encode(token);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Buffer.from(digest).toString("base64url");
}
