import { generateKeyPairSync } from "node:crypto";
import { publicDpopKey, type PublicJwk } from "@vworkspace/contract";
import type { JWK } from "jose";

/** A new key for proofs (RFC 9449), P-256, as private JWK in JSON. It never leaves the cluster. */
export function makeDpopKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return JSON.stringify(privateKey.export({ format: "jwk" }));
}

/** The part of it that others may see. */
export function publicPartOfDpopKey(key: string): PublicJwk {
  return publicDpopKey(JSON.parse(key) as JWK);
}
