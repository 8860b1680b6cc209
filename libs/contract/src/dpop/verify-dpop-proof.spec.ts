import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import {
  accessTokenHash,
  dpopThumbprint,
  makeDpopProof,
  publicDpopKey,
} from "./dpop-proof";
import {
  type DpopExpectations,
  MAX_DPOP_PROOF_CHARACTERS,
  verifyDpopProof,
} from "./verify-dpop-proof";

const EXPECTED: DpopExpectations = {
  method: "POST",
  isUrl: (htu) => htu === "https://gateway.example.com/api/agent/events",
  isNonce: (nonce) => nonce === "n-1",
  accessToken: "token",
};
const CLAIMS = {
  method: "POST",
  url: "https://gateway.example.com/api/agent/events",
  jti: "0123456789abcdef",
  issuedAt: 1_700_000_000,
  nonce: "n-1",
  accessToken: "token",
};

async function newKey(alg = "ES256"): Promise<JWK> {
  const made = await generateKeyPair(alg, { extractable: true });
  return exportJWK(made.privateKey);
}

/** A proof with whatever header and claims, signed by the key. */
async function forged(key: JWK, header: object, claims: object = {}) {
  return new SignJWT({
    htm: "POST",
    htu: CLAIMS.url,
    jti: CLAIMS.jti,
    iat: 1,
    nonce: "n-1",
    ...claims,
  })
    .setProtectedHeader({
      alg: "ES256",
      typ: "dpop+jwt",
      jwk: publicDpopKey(key) as JWK,
      ...header,
    })
    .sign(await importJWK(key, "ES256"));
}

describe("verifyDpopProof", () => {
  it.each(["ES256", "EdDSA"])("takes what we make, by %s", async (alg) => {
    const key = await newKey(alg);
    const proof = await makeDpopProof(CLAIMS, key);
    expect(await verifyDpopProof(proof, EXPECTED)).toEqual({
      ok: true,
      proof: {
        thumbprint: await dpopThumbprint(key),
        jti: CLAIMS.jti,
        nonce: "n-1",
        issuedAt: CLAIMS.issuedAt,
      },
    });
  });

  it("leaves the query of the request out of the proof", async () => {
    const url = `${CLAIMS.url}?cluster=c1&wait=30#top`;
    const proof = await makeDpopProof({ ...CLAIMS, url }, await newKey());
    const claims = proof.split(".")[1] ?? "";
    expect(Buffer.from(claims, "base64url").toString()).not.toContain("c1");
    expect((await verifyDpopProof(proof, EXPECTED)).ok).toBe(true);
  });

  it("hashes a token as RFC 9449 §7.1 does", async () => {
    const token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    expect(await accessTokenHash(token)).toBe(
      "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
    );
  });

  it("asks for no token where none is bound to a key", async () => {
    const { accessToken: _, ...claims } = CLAIMS;
    const proof = await makeDpopProof(claims, await newKey());
    const expected = { ...EXPECTED, accessToken: undefined };
    expect((await verifyDpopProof(proof, expected)).ok).toBe(true);
  });

  it("puts no private member of the key into a proof", async () => {
    const key = await newKey();
    const proof = await makeDpopProof(CLAIMS, key);
    const header = Buffer.from(proof.split(".")[0] ?? "", "base64url");
    expect(header.toString()).not.toContain(String(key.d));
    expect(header.toString()).not.toContain('"d"');
  });

  it("refuses a proof whose key was exchanged for another", async () => {
    const proof = await forged(await newKey(), {
      jwk: publicDpopKey(await newKey()),
    });
    expect(await verifyDpopProof(proof, EXPECTED)).toEqual({
      ok: false,
      reason: "signature",
    });
  });

  it.each([
    ["crit", { crit: ["x"], x: 1 }, "header"],
    ["a key of RSA", { jwk: { kty: "RSA", n: "AQ", e: "AQAB" } }, "key"],
    ["a symmetric key", { jwk: { kty: "oct", k: "AQ" } }, "private-key"],
    ["a key on another curve", { jwk: { kty: "EC", crv: "P-384" } }, "key"],
    ["a key that is a text", { jwk: "key" }, "key"],
    [
      "the key of another algorithm",
      { jwk: { kty: "OKP", crv: "Ed25519", x: "AQ" } },
      "algorithm",
    ],
    ["a point that is not on the curve", { jwk: point() }, "signature"],
  ])("refuses %s in the header", async (_, header, reason) => {
    const key = await newKey();
    const signed = await forged(key, {});
    const [, claims, signature] = signed.split(".");
    const changed = {
      alg: "ES256",
      typ: "dpop+jwt",
      jwk: publicDpopKey(key),
      ...header,
    };
    const head = Buffer.from(JSON.stringify(changed)).toString("base64url");
    const proof = `${head}.${claims}.${signature}`;
    expect(await verifyDpopProof(proof, EXPECTED)).toEqual({
      ok: false,
      reason,
    });
  });

  it.each([
    ["a jti that is no text", { jti: 5 }],
    ["a jti of one letter", { jti: "a" }],
    ["a jti without end", { jti: "a".repeat(300) }],
    ["a method that is a list", { htm: ["POST"] }],
    ["an iat that is a text", { iat: "now" }],
    ["a nonce that is a number", { nonce: 1 }],
  ])("refuses %s", async (_, claims) => {
    const proof = await forged(await newKey(), {}, claims);
    expect(await verifyDpopProof(proof, EXPECTED)).toEqual({
      ok: false,
      reason: "claims",
    });
  });

  it.each([
    ["", "no-jwt"],
    ["a.b", "no-jwt"],
    ["a.b.c", "no-jwt"],
    ["....", "no-jwt"],
    ["a".repeat(MAX_DPOP_PROOF_CHARACTERS + 1), "too-long"],
  ])("refuses %p, which is no proof", async (text, reason) => {
    expect(await verifyDpopProof(text, EXPECTED)).toEqual({
      ok: false,
      reason,
    });
  });
});

function point(): JWK {
  const one = Buffer.alloc(32, 1).toString("base64url");
  return { kty: "EC", crv: "P-256", x: one, y: one };
}
