import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJwt, type JWK } from "jose";
import { makeDpopProof } from "./dpop-proof";
import { normaliseHtu } from "./normalise-htu";
import { verifyDpopProof } from "./verify-dpop-proof";

interface Vector {
  readonly name: string;
  readonly proof: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly nonce?: string;
    readonly accessToken?: string;
  };
  readonly thumbprint?: string;
  readonly reason?: string;
  readonly privateJwk?: JWK;
}

const { accepted, refused } = JSON.parse(
  readFileSync(
    join(__dirname, "../../../../docs/contract/vectors/dpop.json"),
    "utf8",
  ),
) as { readonly accepted: Vector[]; readonly refused: Vector[] };

const verdictOf = ({ proof, request }: Vector) =>
  verifyDpopProof(proof, {
    method: request.method,
    isUrl: (htu) => htu === normaliseHtu(request.url),
    accessToken: request.accessToken,
    isNonce: (nonce) => nonce === request.nonce,
  });

describe("the vectors of DPoP proofs", () => {
  it.each(accepted)("$name counts for its request", async (vector) => {
    expect(await verdictOf(vector)).toMatchObject({
      ok: true,
      proof: { thumbprint: vector.thumbprint },
    });
  });

  it.each(refused)("$name is refused", async (vector) => {
    expect(await verdictOf(vector)).toEqual({
      ok: false,
      reason: vector.reason,
    });
  });

  it("the one with Ed25519 is what we make of its claims and key, byte by byte", async () => {
    const vector = accepted.find(({ name }) => name === "EdDSA");
    const { request, privateJwk, proof } = vector as Required<Vector>;
    const { jti = "", iat = 0 } = decodeJwt(proof);
    const claims = { ...request, jti, issuedAt: iat };
    expect(await makeDpopProof(claims, privateJwk)).toBe(proof);
  });
});
