import { dpopThumbprint, verifyDpopProof } from "@vworkspace/contract";
import { ManualClock } from "@vworkspace/kernel";
import { decodeJwt, type JWK, UnsecuredJWT } from "jose";
import { ControlPlaneTime } from "./control-plane-time";
import { makeDpopKey, publicPartOfDpopKey } from "./dpop-key";
import { DpopProver } from "./dpop-prover";

const URL = "https://gateway.example.com/api/agent/jobs?cluster=c1";

async function setUp() {
  const clock = new ManualClock();
  const time = new ControlPlaneTime(clock);
  const prover = new DpopProver(time);
  const key = makeDpopKey();
  prover.keyFrom(() => key);
  const thumbprint = await dpopThumbprint(JSON.parse(key) as JWK);
  const bound = new UnsecuredJWT({ cnf: { jkt: thumbprint } }).encode();
  const headersFor = (token: string, dpopKey?: string) =>
    prover.headersFor({ method: "GET", url: URL, token, dpopKey });
  return { clock, time, prover, key, thumbprint, bound, headersFor };
}

const verdictOf = (proof: string | undefined, accessToken: string) =>
  verifyDpopProof(proof ?? "", {
    method: "GET",
    isUrl: (htu) => htu === "https://gateway.example.com/api/agent/jobs",
    isNonce: () => true,
    accessToken,
  });

describe("DpopProver", () => {
  it("proves its key with a token that is bound to it, anew for every request", async () => {
    const { headersFor, bound, thumbprint } = await setUp();
    const [one, two] = [await headersFor(bound), await headersFor(bound)];
    expect(one["authorization"]).toBe(`DPoP ${bound}`);
    expect(await verdictOf(one["dpop"], bound)).toMatchObject({
      ok: true,
      proof: { thumbprint },
    });
    const ids = [one, two].map(({ dpop = "" }) => decodeJwt(dpop).jti);
    expect(new Set(ids).size).toBe(2);
  });

  it.each(["opaque", "a.b.c", ""])(
    "sends a token that says of no key, %p, as bearer token",
    async (token) => {
      const { headersFor } = await setUp();
      expect(await headersFor(token)).toEqual({
        authorization: `Bearer ${token}`,
      });
    },
  );

  it("does not prove a key that the token is not bound to", async () => {
    const { headersFor } = await setUp();
    const token = new UnsecuredJWT({ cnf: { jkt: "another" } }).encode();
    expect(await headersFor(token)).toEqual({
      authorization: `Bearer ${token}`,
    });
  });

  it("proves the key that a registration names, whose token is bound to none", async () => {
    const { headersFor, key, thumbprint } = await setUp();
    const headers = await headersFor("registration", key);
    expect(headers["authorization"]).toBe("Bearer registration");
    expect(await verdictOf(headers["dpop"], "registration")).toMatchObject({
      ok: true,
      proof: { thumbprint },
    });
  });

  it("puts the newest nonce of any answer into the next proof", async () => {
    const { prover, headersFor, bound } = await setUp();
    const nonceSent = async () =>
      decodeJwt((await headersFor(bound))["dpop"] ?? "")["nonce"];
    expect(await nonceSent()).toBe(undefined);
    for (const nonce of ["n-1", "n-2"]) {
      expect(prover.answered(200, { "dpop-nonce": nonce })).toBe(false);
      expect(await nonceSent()).toBe(nonce);
    }
    prover.answered(200, {});
    expect(await nonceSent()).toBe("n-2");
  });

  it.each([
    [401, 'DPoP error="use_dpop_nonce", algs="ES256 EdDSA"', "n-1", true],
    [401, 'DPoP error="invalid_dpop_proof"', "n-1", false],
    [401, "Bearer", "n-1", false],
    [401, 'DPoP error="use_dpop_nonce"', undefined, false],
    [503, 'DPoP error="use_dpop_nonce"', "n-1", false],
  ])(
    "an answer %i with %p and the nonce %p asks for another proof: %p",
    async (status, challenge, nonce, isAsking) => {
      const { prover } = await setUp();
      const headers = { "www-authenticate": challenge, "dpop-nonce": nonce };
      expect(prover.answered(status, headers)).toBe(isAsking);
    },
  );

  it("says in a proof what time it is for the control plane", async () => {
    const { clock, time, headersFor, bound } = await setUp();
    time.answered(new Date(clock.now() + 7_200_000).toUTCString());
    const { dpop = "" } = await headersFor(bound);
    expect(decodeJwt(dpop).iat).toBe(clock.now() / 1000 + 7200);
  });

  it("shows nobody the private part of its key", async () => {
    const { key, headersFor, bound } = await setUp();
    const { d } = JSON.parse(key) as { d: string };
    expect(JSON.stringify(publicPartOfDpopKey(key))).not.toContain(d);
    const { dpop = "" } = await headersFor(bound);
    const [header = "", claims = ""] = dpop.split(".");
    for (const part of [header, claims])
      expect(Buffer.from(part, "base64url").toString()).not.toContain(d);
  });
});
