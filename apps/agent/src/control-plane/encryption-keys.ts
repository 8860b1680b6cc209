import { createHash, generateKeyPairSync } from "node:crypto";
import type { EncryptionKey, PublicJwk } from "@vworkspace/contract";
import { type CryptoKey, importJWK, type JWK } from "jose";

const ALGORITHM = "ECDH-ES+A256KW";
/** Those of both tokens that may be in use, and one more for what is under way: a key counts with the token that it came with. */
const KEPT = 3;

/** A new key pair on P-256, as the JSON of its private JWK: it is made in the cluster, and never leaves it. */
export function makeEncryptionKey(): Promise<string> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = privateKey.export({ format: "jwk" });
  const { crv, kty, x, y } = jwk;
  // RFC 7638, in the order that it asks for.
  const members = JSON.stringify({ crv, kty, x, y });
  const kid = createHash("sha256").update(members).digest("base64url");
  return Promise.resolve(JSON.stringify({ ...jwk, kid }));
}

/** Newest first. */
export function withNewKey(
  keys: readonly string[],
  key: string,
): readonly string[] {
  return [key, ...keys].slice(0, KEPT);
}

/** What the gateway may know of a key. */
export function publicPartOf(key: string): PublicJwk {
  const { kty, crv, x, y, kid } = JSON.parse(key) as PublicJwk;
  return { kty, crv, x, ...(y !== undefined && { y }), kid };
}

export function openEncryptionKeys(
  keys: readonly string[],
): Promise<readonly EncryptionKey[]> {
  return Promise.all(
    keys.map(async (text) => {
      const jwk = JSON.parse(text) as JWK;
      const key = (await importJWK(jwk, ALGORITHM)) as CryptoKey;
      return { kid: jwk.kid ?? "", key };
    }),
  );
}
