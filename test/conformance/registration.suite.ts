import { registerResponseSchema } from "@vworkspace/contract";
import { AgentSession, call, jsonOf, post } from "./agent-session";
import { expectRefusal } from "./expectations";
import type { Reply } from "./http-exchange";
import type { ConformanceTarget } from "./target";

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export function describeRegistration(target: () => ConformanceTarget): void {
  const register = (body: object, headers: Record<string, string> = {}) =>
    post(target(), "/register", body, headers);

  async function expectRegistered(reply: Reply, clusterId: string) {
    expect(reply.status).toBe(200);
    const answer = registerResponseSchema.parse(jsonOf(reply));
    expect(answer.clusterId).toBe(clusterId);
    const session = new AgentSession(target(), clusterId, answer.token);
    expect(await session.jobs()).toEqual([]);
    return session;
  }

  /** The token was not spent by what was refused. */
  async function expectUnspent(token: string, clusterId: string) {
    await expectRegistered(
      await register({ registrationToken: token }),
      clusterId,
    );
  }

  it("REG-1 a token in the header alone registers the cluster", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    const reply = await register({}, bearer(registrationToken));
    await expectRegistered(reply, clusterId);
  });

  it("REG-1 a token in the header registers without any body", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    const headers = bearer(registrationToken);
    const sent = { method: "POST", headers } as const;
    await expectRegistered(await call(target(), "/register", sent), clusterId);
  });

  it("REG-1 a token in the body alone registers the cluster", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    await expectRegistered(await register({ registrationToken }), clusterId);
  });

  it("REG-2 the same token in both places registers the cluster", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    const reply = await register(
      { registrationToken },
      bearer(registrationToken),
    );
    await expectRegistered(reply, clusterId);
  });

  it("REG-3 two different tokens get 401, and neither is spent", async () => {
    const one = await target().newCluster();
    const other = await target().newCluster();
    const reply = await register(
      { registrationToken: one.registrationToken },
      bearer(other.registrationToken),
    );
    expectRefusal(reply, 401);
    await expectUnspent(one.registrationToken, one.clusterId);
    await expectUnspent(other.registrationToken, other.clusterId);
  });

  it("REG-4 no token at all gets 401", async () => {
    expectRefusal(await register({ displayName: "nobody" }), 401);
  });

  it("REG-5 the answer names the token's cluster, also when the request named it", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    const reply = await register({ registrationToken, clusterId });
    await expectRegistered(reply, clusterId);
  });

  it("REG-6 a token that was used gets 401", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    await expectUnspent(registrationToken, clusterId);
    expectRefusal(await register({ registrationToken }), 401);
    expectRefusal(await register({}, bearer(registrationToken)), 401);
  });

  it.each([
    ["never issued", "vwr_never-issued"],
    ["empty", ""],
    ["a blank", " "],
    ["900 characters long", "x".repeat(900)],
  ])("REG-7 an unknown token that is %s gets 401", async (_, token) => {
    expectRefusal(await register({ registrationToken: token }), 401);
  });

  it("REG-8 an expired token gets 401", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    await target().expireRegistrations(clusterId);
    expectRefusal(await register({ registrationToken }), 401);
  });

  it("REG-9 another cluster's id gets 403, and the token is not spent", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    const other = await target().newCluster();
    for (const wrong of [other.clusterId, "no-such-cluster"]) {
      const reply = await register({ registrationToken, clusterId: wrong });
      expectRefusal(reply, 403);
    }
    await expectUnspent(registrationToken, clusterId);
  });

  it("REG-10 of ten registrations with one token at once exactly one succeeds", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => register({ registrationToken })),
    );
    const winners = replies.filter(({ status }) => status === 200);
    const losers = replies.filter(({ status }) => status !== 200);
    expect(winners).toHaveLength(1);
    for (const loser of losers) expectRefusal(loser, 401);
    for (const winner of winners) await expectRegistered(winner, clusterId);
  });

  it("REG-11 a field of the wrong type gets 400, and the token is not spent", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    const headers = bearer(registrationToken);
    expectRefusal(await register({ clusterId: 5 }, headers), 400);
    expectRefusal(await register({ displayName: ["a"] }, headers), 400);
    expectRefusal(await register([], headers), 400);
    await expectUnspent(registrationToken, clusterId);
  });

  it("REG-12 unknown fields are ignored", async () => {
    const { clusterId, registrationToken } = await target().newCluster();
    const reply = await register({ registrationToken, colour: { any: "one" } });
    await expectRegistered(reply, clusterId);
  });

  describe("of a cluster that has registered before", () => {
    it("REG-13 the old credential works until the new one polls", async () => {
      const old = await AgentSession.register(target());
      const token = await target().reissueRegistration(old.clusterId);
      await AgentSession.registerWith(target(), old.clusterId, token);
      expect(await old.jobs()).toEqual([]);
    });

    it("REG-14 the new credential's first poll ends the old one", async () => {
      const old = await AgentSession.register(target());
      const token = await target().reissueRegistration(old.clusterId);
      const successor = await AgentSession.registerWith(
        target(),
        old.clusterId,
        token,
      );
      expect(await successor.jobs()).toEqual([]);
      expectRefusal(await old.poll(), 401);
      expectRefusal(await old.rotate(), 401);
      expect(await successor.jobs()).toEqual([]);
    });
  });
}
