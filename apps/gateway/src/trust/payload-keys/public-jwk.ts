import type { PublicJwk } from "@vworkspace/contract";

/** Nothing but what makes it a public key. */
export function publicJwk(jwk: Readonly<Record<string, unknown>>): PublicJwk {
  const { kty, crv, x, y, kid } = jwk as PublicJwk;
  return {
    kty,
    crv,
    x,
    ...(y !== undefined && { y }),
    ...(kid !== undefined && { kid }),
  };
}
