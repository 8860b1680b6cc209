import {
  compactVerify,
  type CompactJWSHeaderParameters,
  decodeProtectedHeader,
  importJWK,
  type JWK,
} from "jose";
import { z } from "zod";
import {
  accessTokenHash,
  DPOP_ALGORITHMS,
  DPOP_TYPE,
  dpopAlgorithmOf,
  dpopThumbprint,
} from "./dpop-proof";
import { normaliseHtu } from "./normalise-htu";

/** A proof holds a key, a URL and some hashes; what is longer than this is none. */
export const MAX_DPOP_PROOF_CHARACTERS = 4096;

/** Why a proof is none for a request, in the order in which it is looked at (RFC 9449 §4.3). */
export type DpopRefusal =
  | "too-long" // over 4,096 characters, or several proofs in one header
  | "no-jwt" // not a compact JWS with a JSON header
  | "type" // typ is not dpop+jwt
  | "algorithm" // not ES256 or EdDSA, or not the key's
  | "header" // crit: an extension that must be understood, and none is
  | "key" // jwk is missing, or no public key on P-256 or of Ed25519
  | "private-key" // jwk holds a private part
  | "signature"
  | "claims" // jti, htm, htu, iat missing or of another type
  | "method" // htm is another one than the request's
  | "url" // htu is another one than the request's
  | "nonce" // none, or not one of the server's that counts now
  | "token"; // ath is missing, or of another token

/** What was read from a proof whose every check holds. */
export interface VerifiedDpopProof {
  /** RFC 7638 thumbprint of the key. */
  readonly thumbprint: string;
  readonly jti: string;
  readonly nonce: string | undefined;
  /** Seconds since 1970 by whoever made it: for diagnosis, freshness is the nonce's. */
  readonly issuedAt: number;
}

export interface DpopExpectations {
  readonly method: string;
  /** Whether the proof's URL, normalised ({@link normaliseHtu}), is one that the request is known by. */
  readonly isUrl: (htu: string) => boolean;
  /** Whether a nonce (undefined: none) is one of the server's that counts now. */
  readonly isNonce: (nonce: string | undefined) => boolean;
  /** The token that came with the proof; undefined where none is bound to a key. */
  readonly accessToken?: string | undefined;
}

export type DpopVerdict =
  | { readonly ok: true; readonly proof: VerifiedDpopProof }
  | { readonly ok: false; readonly reason: DpopRefusal };

const claimsSchema = z.looseObject({
  jti: z.string().min(8).max(256),
  htm: z.string().max(32),
  htu: z.string(),
  iat: z.number(),
  nonce: z.string().max(512).optional(),
  ath: z.string().max(64).optional(),
});
type Claims = z.infer<typeof claimsSchema>;

/** RFC 7518 §6: members that no public key has. */
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/** Every check of RFC 9449 §4.3 except that the proof was not used before, which takes a memory. */
export async function verifyDpopProof(
  proof: string,
  expected: DpopExpectations,
): Promise<DpopVerdict> {
  if (proof.length > MAX_DPOP_PROOF_CHARACTERS || proof.includes(","))
    return refused("too-long");
  const header = readHeader(proof);
  if (header === undefined) return refused("no-jwt");
  const wrongHeader = refusalOfHeader(header);
  if (wrongHeader !== undefined) return refused(wrongHeader);
  const payload = await signedPayload(proof, header);
  if (payload === undefined) return refused("signature");
  const claims = claimsSchema.safeParse(payload.json);
  if (!claims.success) return refused("claims");
  const wrongClaim = await refusalOfClaims(claims.data, expected);
  if (wrongClaim !== undefined) return refused(wrongClaim);
  const { jti, nonce, iat: issuedAt } = claims.data;
  const thumbprint = await dpopThumbprint(header.jwk as JWK);
  return { ok: true, proof: { thumbprint, jti, nonce, issuedAt } };
}

function refused(reason: DpopRefusal): DpopVerdict {
  return { ok: false, reason };
}

function readHeader(proof: string): CompactJWSHeaderParameters | undefined {
  if (proof.split(".").length !== 3) return undefined;
  try {
    return decodeProtectedHeader(proof) as CompactJWSHeaderParameters;
  } catch {
    return undefined;
  }
}

function refusalOfHeader(
  header: CompactJWSHeaderParameters,
): DpopRefusal | undefined {
  if (header.typ !== DPOP_TYPE) return "type";
  const alg = DPOP_ALGORITHMS.find((known) => known === header.alg);
  if (alg === undefined) return "algorithm";
  if (header.crit !== undefined) return "header";
  const jwk: unknown = header.jwk;
  if (typeof jwk !== "object" || jwk === null) return "key";
  if (PRIVATE_MEMBERS.some((member) => member in jwk)) return "private-key";
  const ofKey = dpopAlgorithmOf(jwk);
  if (ofKey === undefined) return "key";
  return ofKey === alg ? undefined : "algorithm";
}

async function signedPayload(
  proof: string,
  header: CompactJWSHeaderParameters,
): Promise<{ readonly json: unknown } | undefined> {
  try {
    const { kty, crv, x, y } = header.jwk as JWK;
    const jwk = { kty, crv, x, ...(y !== undefined && { y }) } as JWK;
    const key = await importJWK(jwk, header.alg);
    const { payload } = await compactVerify(proof, key, {
      algorithms: [header.alg],
    });
    return { json: parseJson(new TextDecoder().decode(payload)) };
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function refusalOfClaims(
  claims: Claims,
  expected: DpopExpectations,
): Promise<DpopRefusal | undefined> {
  if (claims.htm !== expected.method) return "method";
  const htu = normaliseHtu(claims.htu);
  if (htu === undefined || !expected.isUrl(htu)) return "url";
  if (!expected.isNonce(claims.nonce)) return "nonce";
  const { accessToken } = expected;
  if (accessToken === undefined) return undefined;
  // A hash against a hash: the time that this takes tells nothing that the caller doesn't know.
  return claims.ath === (await accessTokenHash(accessToken))
    ? undefined
    : "token";
}
