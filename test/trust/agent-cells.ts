import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { makeDpopProof } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import { exportJWK, generateKeyPair } from "jose";
import {
  foreignKey,
  partsOf,
  signed,
  type TokenParts,
  unsigned,
} from "../bad-input/forged-token";
import type { TestCluster } from "../db/test-tenant";

/** What the cells are made of: live clusters, other people's things, and the key that only the gateway has. */
export interface Cast {
  /** The cluster that the requests speak for. */
  readonly own: TestCluster;
  /** Another one of the same organization. */
  readonly sibling: TestCluster;
  /** One of another organization. */
  readonly foreign: TestCluster;
  readonly apiKey: string;
  readonly registrationToken: string;
  /** What the gateway signs besides tokens, as agents get it. */
  readonly payloadKeySet: string;
  readonly approval: string;
  readonly gatewayKey: {
    readonly secret: KeyObject;
    readonly publicBytes: Uint8Array;
  };
}

/** The Authorization header of a request; undefined: none. */
export type Cell = (cast: Cast) => string | undefined | Promise<string>;

function bearer(token: string): string {
  return `Bearer ${token}`;
}

/** The own token with some parts replaced, signed by the gateway's own key: only the check of that part can refuse it. */
function withParts(
  change: (parts: TokenParts, cast: Cast) => Partial<TokenParts>,
): Cell {
  return async (cast) => {
    const parts = partsOf(cast.own.token);
    const changed = { ...parts, ...change(parts, cast) };
    return bearer(await signed(changed, cast.gatewayKey.secret));
  };
}

function claims(
  change: (cast: Cast) => Readonly<Record<string, unknown>>,
): Cell {
  return withParts((parts, cast) => ({
    claims: { ...parts.claims, ...change(cast) },
  }));
}

function header(change: Readonly<Record<string, unknown>>): Cell {
  return withParts((parts) => ({ header: { ...parts.header, ...change } }));
}

/** Signed by a key that is not the gateway's. */
function forged(
  change: (parts: TokenParts, key: KeyObject) => Promise<object> | object,
): Cell {
  return async ({ own }) => {
    const key = foreignKey();
    const parts = partsOf(own.token);
    const added = await change(parts, key);
    const forgedParts = { ...parts, header: { ...parts.header, ...added } };
    return bearer(await signed(forgedParts, key));
  };
}

function claimsOf(cluster: TestCluster): Readonly<Record<string, unknown>> {
  return partsOf(cluster.token).claims;
}

const now = () => Math.floor(Date.now() / 1000);
const HOUR = 3600;

/** Every one is refused with 401, at every route of the agent API that needs a credential. */
export const REFUSED_CELLS: Readonly<Record<string, Cell>> = {
  "no credential": () => undefined,
  "an empty header": () => "",
  "a scheme without a token": () => "Bearer ",
  "the scheme of a proof, without one": ({ own }) => `DPoP ${own.token}`,
  "another scheme": ({ own }) => `Basic ${own.token}`,
  "no token at all": () => bearer("nonsense"),
  "three empty parts": () => bearer(".."),
  "a token that is too long": ({ own }) => bearer(own.token.padEnd(9000, "a")),
  "half of a token": ({ own }) => bearer(own.token.slice(0, -20)),
  "a changed signature": ({ own }) => bearer(withOtherEnd(own.token)),
  "an API key of an admin": ({ apiKey }) => bearer(apiKey),
  "a registration token": ({ registrationToken }) => bearer(registrationToken),
  "a signed set of payload keys": ({ payloadKeySet }) => bearer(payloadKeySet),
  "an approval of an operation": ({ approval }) => bearer(approval),
  "a proof in place of a token": ({ own }) => proof(own.token).then(bearer),
  "an end that has passed": claims(() => ({ exp: now() - HOUR })),
  "a beginning to come": claims(() => ({ nbf: now() + HOUR })),
  "another issuer": claims(() => ({ iss: "https://elsewhere.example.com" })),
  "another audience": claims(() => ({ aud: "vworkspace-approvals" })),
  "a sibling's cluster": claims(({ sibling }) => ({
    sub: claimsOf(sibling)["sub"],
  })),
  "a foreign cluster": claims(({ foreign }) => ({
    sub: claimsOf(foreign)["sub"],
  })),
  "a foreign organization": claims(({ foreign }) => ({
    org: claimsOf(foreign)["org"],
  })),
  "a foreign cluster in its own organization": claims(({ foreign }) => ({
    sub: claimsOf(foreign)["sub"],
    org: claimsOf(foreign)["org"],
  })),
  "a sibling's credential": claims(({ sibling }) => ({
    jti: claimsOf(sibling)["jti"],
  })),
  "a credential that never was": claims(() => ({ jti: newId() })),
  "an id that is no UUID": claims(() => ({ jti: "1' or '1'='1" })),
  "no cluster": claims(() => ({ sub: undefined })),
  "no organization": claims(() => ({ org: undefined })),
  "another type of token": header({ typ: "vworkspace-approval+jwt" }),
  "no type": header({ typ: undefined }),
  "an extension that nobody knows": header({ crit: ["exp2"], exp2: 1 }),
  "alg none": ({ own }) => bearer(unsigned(partsOf(own.token))),
  "alg none with a signature": ({ own }) =>
    bearer(`${unsigned(partsOf(own.token))}${own.token.split(".")[2] ?? ""}`),
  "the public key as a secret": ({ own, gatewayKey }) =>
    confused(own, gatewayKey.publicBytes),
  "the public key's hash as a secret": ({ own, gatewayKey }) =>
    confused(own, createHash("sha256").update(gatewayKey.publicBytes).digest()),
  "another's key under our kid": forged(() => ({})),
  "another's key of another algorithm under our kid": ({ own }) =>
    signedByCurve(own, "ES256").then(bearer),
  "a key that it brings along": forged(async (_, key) => ({
    jwk: await exportJWK(key).then(({ d: _secret, ...jwk }) => jwk),
  })),
  "a key set of its own": forged(() => ({
    jku: "http://127.0.0.1:9/jwks.json",
    x5u: "http://127.0.0.1:9/chain.pem",
  })),
  ...Object.fromEntries(
    [
      "unknown",
      "",
      "../../etc/passwd",
      "' or 1=1 --",
      "__proto__",
      "constructor",
      "k".repeat(2000),
    ].map((kid) => [
      `the kid ${JSON.stringify(kid.slice(0, 20))}`,
      header({ kid }),
    ]),
  ),
};

/** By a key on P-256 of somebody else, where ours is of Ed25519. */
async function signedByCurve(own: TestCluster, alg: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { header: head, claims: said } = partsOf(own.token);
  return signed({ header: { ...head, alg }, claims: said }, privateKey);
}

/** A DPoP proof that is right but for being one. */
async function proof(accessToken: string): Promise<string> {
  const pair = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  const url = "http://127.0.0.1/api/agent/jobs";
  const claims = { method: "GET", url, jti: newId(), issuedAt: now() };
  return makeDpopProof({ ...claims, nonce: undefined, accessToken }, jwk);
}

function confused(own: TestCluster, secret: Uint8Array): Promise<string> {
  const { header: head, claims: said } = partsOf(own.token);
  const parts = { header: { ...head, alg: "HS256" }, claims: said };
  return signed(parts, secret).then(bearer);
}

/** Its last character but one stands for whole bits, which the very last does not. */
function withOtherEnd(token: string): string {
  const at = token.length - 5;
  const other = token[at] === "A" ? "B" : "A";
  return `${token.slice(0, at)}${other}${token.slice(at + 1)}`;
}
