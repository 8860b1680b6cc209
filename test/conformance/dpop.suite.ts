import {
  dpopThumbprint,
  registerResponseSchema,
  rotateResponseSchema,
} from "@vworkspace/contract";
import { decodeJwt, type JWK } from "jose";
import { AgentSession, jsonOf } from "./agent-session";
import { DpopSession, type ProofChanges } from "./dpop-session";
import { expectRefusal } from "./expectations";
import type { Reply } from "./http-exchange";
import type { ConformanceTarget } from "./target";

const thumbprintIn = (token: string) =>
  decodeJwt<{ cnf?: { jkt?: string } }>(token).cnf?.jkt;

function expectChallenge(reply: Reply, error: string): void {
  expectRefusal(reply, 401);
  expect(reply.headers["www-authenticate"]).toContain(`DPoP error="${error}"`);
}

function tokenOf(reply: Reply): string {
  expect({ status: reply.status, text: reply.text }).toMatchObject({
    status: 200,
  });
  return registerResponseSchema.parse(jsonOf(reply)).token;
}

/** For gateways that take proofs of possession; others ignore dpopKey and the header DPoP. */
export function describeDpop(target: () => ConformanceTarget): void {
  async function registered() {
    const session = await DpopSession.open(target());
    const { clusterId, registrationToken } = await target().newCluster();
    const token = tokenOf(await session.register(registrationToken));
    return { session, clusterId, registrationToken, token };
  }

  it.each(["ES256", "EdDSA"])(
    "DPOP-1 a registration that proves its key by %s gives a token bound to it",
    async (algorithm) => {
      const session = await DpopSession.open(target(), algorithm);
      const { clusterId, registrationToken } = await target().newCluster();
      const token = tokenOf(await session.register(registrationToken));
      expect(thumbprintIn(token)).toBe(
        await dpopThumbprint(session.key.publicJwk as JWK),
      );
      expect((await session.poll(clusterId, token)).status).toBe(200);
    },
  );

  it("DPOP-2 a proof without a nonce, or with one that the gateway never gave, gets 401 with the nonce to use, and spends nothing", async () => {
    const session = await DpopSession.open(target());
    const { registrationToken } = await target().newCluster();
    for (const nonce of [undefined, "made-up"]) {
      const reply = await session.register(registrationToken, {}, { nonce });
      expectChallenge(reply, "use_dpop_nonce");
      expect(reply.headers["dpop-nonce"]).toMatch(/^[\x21-\x7e]{16,}$/);
    }
    tokenOf(await session.register(registrationToken));
  });

  it("DPOP-3 every answer to a request with a proof carries the nonce for the next", async () => {
    const { session, clusterId, token } = await registered();
    const replies = [
      await session.poll(clusterId, token),
      await session.poll("another", token),
      await session.poll(clusterId, "unknown"),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 403, 401]);
    for (const { headers } of replies)
      expect(headers["dpop-nonce"]).toBeDefined();
  });

  it("DPOP-4 a bound token without a proof gets 401 at every endpoint, and as bearer token also with one", async () => {
    const { session, clusterId, token } = await registered();
    const plain = new AgentSession(target(), clusterId, token);
    expectRefusal(await plain.poll(), 401);
    expectRefusal(await plain.ack("job"), 401);
    expectRefusal(await plain.status("job"), 401);
    expectRefusal(await plain.result("job"), 401);
    expectRefusal(await plain.events([]), 401);
    expectRefusal(await plain.rotate(), 401);
    expectRefusal(await session.pollWith(clusterId, token, {}), 401);
    const dpop = await session.proof("GET", "/jobs", { accessToken: token });
    const authorization = `Bearer ${token}`;
    const proven = { dpop, authorization };
    expectRefusal(await session.pollWith(clusterId, token, proven), 401);
  });

  it.each<[string, ProofChanges]>([
    ["another method", { method: "POST" }],
    ["another path", { path: "/events" }],
    ["another host", { origin: "https://other.example.com" }],
    ["another token", { accessToken: "another" }],
    ["no token", { accessToken: undefined as never }],
  ])("DPOP-5 a proof for %s gets 401", async (_, changes) => {
    const { session, clusterId, token } = await registered();
    const reply = await session.poll(clusterId, token, changes);
    expectChallenge(reply, "invalid_dpop_proof");
    expect((await session.poll(clusterId, token)).status).toBe(200);
  });

  it("DPOP-6 a proof counts once", async () => {
    const { session, clusterId, token } = await registered();
    const claims = { accessToken: token };
    const dpop = await session.proof("GET", "/jobs", claims);
    const first = await session.pollWith(clusterId, token, { dpop });
    expect(first.status).toBe(200);
    const again = await session.pollWith(clusterId, token, { dpop });
    expectChallenge(again, "invalid_dpop_proof");
  });

  it("DPOP-6 of ten requests with one proof at once, one succeeds", async () => {
    const { session, clusterId, token } = await registered();
    const claims = { accessToken: token };
    const dpop = await session.proof("GET", "/jobs", claims);
    const replies = await Promise.all(
      Array.from({ length: 10 }, () =>
        session.pollWith(clusterId, token, { dpop }),
      ),
    );
    const taken = replies.filter(({ status }) => status === 200);
    expect(taken).toHaveLength(1);
  });

  it("DPOP-7 a proof of another key gets 401", async () => {
    const { session, clusterId, token } = await registered();
    const other = await session.withOtherKey();
    expectRefusal(await other.poll(clusterId, token), 401);
  });

  it("DPOP-8 what time a proof says it was made is not judged", async () => {
    const { session, clusterId, token } = await registered();
    for (const issuedAt of [0, 4_000_000_000]) {
      const reply = await session.poll(clusterId, token, { issuedAt });
      expect(reply.status).toBe(200);
    }
  });

  it("DPOP-9 a dpopKey without a proof, or with one of another key, gets 401 and spends nothing", async () => {
    const session = await DpopSession.open(target());
    const other = await session.withOtherKey();
    const { clusterId, registrationToken } = await target().newCluster();
    const { publicJwk: dpopKey } = session.key;
    const plain = new AgentSession(target(), clusterId, registrationToken);
    expectRefusal(await plain.post("/register", { dpopKey }), 401);
    expectRefusal(await other.register(registrationToken, { dpopKey }), 401);
    tokenOf(await session.register(registrationToken));
  });

  it("DPOP-10 a registration is repeated with a proof of the same key, and its token replaces the one of the lost answer", async () => {
    const { session, clusterId, registrationToken, token } = await registered();
    const repeated = tokenOf(await session.register(registrationToken));
    expect((await session.poll(clusterId, repeated)).status).toBe(200);
    expectRefusal(await session.poll(clusterId, token), 401);
  });

  it("DPOP-10 with another key, or none, it is not repeated", async () => {
    const { session, clusterId, registrationToken, token } = await registered();
    const other = await session.withOtherKey();
    expectRefusal(await other.register(registrationToken), 401);
    const plain = new AgentSession(target(), clusterId, registrationToken);
    expectRefusal(await plain.post("/register", {}), 401);
    expect((await session.poll(clusterId, token)).status).toBe(200);
  });

  it("DPOP-11 a rotated token is bound to the same key", async () => {
    const { session, clusterId, token } = await registered();
    const reply = await session.rotate(token);
    const { token: next } = rotateResponseSchema.parse(jsonOf(reply));
    expect(thumbprintIn(next)).toBe(thumbprintIn(token));
    expect((await session.poll(clusterId, next)).status).toBe(200);
    const other = await session.withOtherKey();
    expectRefusal(await other.poll(clusterId, next), 401);
  });

  it("DPOP-12 a rotation with a proof binds a token that was not bound", async () => {
    const plain = await AgentSession.register(target());
    expect(thumbprintIn(plain.token)).toBe(undefined);
    expect(await plain.jobs()).toEqual([]);
    const session = await DpopSession.open(target());
    const reply = await session.rotate(plain.token, "Bearer");
    const { token } = rotateResponseSchema.parse(jsonOf(reply));
    expect(thumbprintIn(token)).toBeDefined();
    expect((await session.poll(plain.clusterId, token)).status).toBe(200);
    expectRefusal(await plain.withToken(token).poll(), 401);
  });
}
