import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dpopThumbprint, makeDpopProof } from "@vworkspace/contract";
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";

/**
 * Writes docs/contract/vectors/dpop.json anew, with other keys: `node dist/tools/make-dpop-vectors.js` after a build. What the
 * file says is checked by libs/contract/src/dpop/dpop-vectors.spec.ts; ES256 signs differently each time, so it isn't generated
 * in every build.
 */
const TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const REQUEST = {
  method: "GET",
  url: "https://gateway.example.com/api/agent/jobs",
  nonce: "eyJ7S_zG.eyJH0-Z.HX4w-7v",
  accessToken: TOKEN,
};
const CLAIMS = { jti: "e1j3V_bKic8-LAEB", issuedAt: 1_562_262_618 };
const EXAMPLE_HEADER =
  "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";

/** The example of RFC 9449 §4.1. */
const OF_THE_RFC = [
  {
    name: "RFC 9449 figure 2",
    proof: `${EXAMPLE_HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`,
    request: { method: "POST", url: "https://server.example.com/token" },
    thumbprint: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
  },
];

async function newKey(algorithm: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, {
    extractable: true,
    ...(algorithm === "EdDSA" && { crv: "Ed25519" }),
  });
  return exportJWK(privateKey);
}

async function accepted(algorithm: string): Promise<object> {
  const privateJwk = await newKey(algorithm);
  const proof = await makeDpopProof({ ...CLAIMS, ...REQUEST }, privateJwk);
  const thumbprint = await dpopThumbprint(privateJwk);
  return { name: algorithm, proof, request: REQUEST, thumbprint, privateJwk };
}

/** Proofs that must not count for the request, each for one reason. */
async function refused(): Promise<object[]> {
  const key = await newKey("EdDSA");
  const good = { ...CLAIMS, ...REQUEST };
  const proof = await makeDpopProof(good, key);
  const made = async (changes: object) =>
    makeDpopProof({ ...good, ...changes }, key);
  const { d: _, ...jwk } = key;
  const signed = async (header: object, claims: object = {}) =>
    new SignJWT({ jti: CLAIMS.jti, htm: "GET", htu: REQUEST.url, ...claims })
      .setProtectedHeader({ alg: "EdDSA", typ: "dpop+jwt", jwk, ...header })
      .sign(await importJWK(key, "EdDSA"));
  const unsigned = Buffer.from('{"typ":"dpop+jwt","alg":"none"}');
  const [header = "", claims = ""] = proof.split(".");
  return [
    ["several proofs", `${proof}, ${proof}`, "too-long"],
    ["no JWT", "proof", "no-jwt"],
    ["an ordinary JWT", await signed({ typ: "JWT" }), "type"],
    ["alg none", `${unsigned.toString("base64url")}.${claims}.`, "algorithm"],
    ["no key", await signed({ jwk: undefined }), "key"],
    ["a private key", await signed({ jwk: key }), "private-key"],
    ["a wrong signature", `${header}.${claims}.${"A".repeat(86)}`, "signature"],
    ["no iat", await signed({}), "claims"],
    ["another method", await made({ method: "POST" }), "method"],
    ["another path", await made({ url: `${REQUEST.url}/1/ack` }), "url"],
    ["another host", await made({ url: "https://evil.example.com/" }), "url"],
    ["no nonce", await made({ nonce: undefined }), "nonce"],
    ["another nonce", await made({ nonce: "another" }), "nonce"],
    ["no ath", await made({ accessToken: undefined }), "token"],
    ["another token", await made({ accessToken: "another" }), "token"],
  ].map(([name, text, reason]) => ({
    name,
    proof: text,
    request: REQUEST,
    reason,
  }));
}

async function main(): Promise<void> {
  const vectors = {
    description:
      "DPoP proofs (RFC 9449) for requests: `accepted` count and are of the key with that thumbprint; `refused` don't, for the reason.",
    accepted: [...OF_THE_RFC, await accepted("ES256"), await accepted("EdDSA")],
    refused: await refused(),
  };
  const file = join(__dirname, "../../docs/contract/vectors/dpop.json");
  writeFileSync(file, `${JSON.stringify(vectors, null, 2)}\n`);
}

void main();
