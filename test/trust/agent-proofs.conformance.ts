import { SystemClock } from "@vworkspace/kernel";
import { decodeJwt } from "jose";
import { Client } from "pg";
import { ControlPlaneTime } from "../../apps/agent/src/control-plane/control-plane-time";
import { CredentialKeeper } from "../../apps/agent/src/control-plane/credential-keeper";
import { DpopProver } from "../../apps/agent/src/control-plane/dpop-prover";
import { HttpWire } from "../../apps/agent/src/control-plane/http-wire";
import { Link } from "../../apps/agent/src/control-plane/link";
import { Registrar } from "../../apps/agent/src/control-plane/registrar";
import { KeptLog } from "../../apps/agent/src/testing/kept-log";
import { MemoryCredentialStore } from "../../apps/agent/src/testing/memory-credential-store";
import { eventually } from "../conformance/expectations";
import { exchange } from "../conformance/http-exchange";
import {
  type GatewayTarget,
  startGatewayTarget,
} from "../conformance/gateway-target";
import { startFakeGateway } from "../fake-gateway/start-fake-gateway";
import { LosingProxy } from "./losing-proxy";

jest.setTimeout(60_000);

/** The part of an agent that talks to its control plane, as one process has it. */
function startAgent(
  url: string,
  registrationToken: string,
  store = new MemoryCredentialStore(),
) {
  const clock = new SystemClock();
  const time = new ControlPlaneTime(clock);
  const prover = new DpopProver(time);
  const wire = new HttpWire(url, "agent-under-test", { time, prover });
  const parts = {
    wire,
    clock,
    link: new Link(clock),
    log: new KeptLog(),
    requestTimeoutMs: 10_000,
  };
  const keeper = new CredentialKeeper({ ...parts, store });
  prover.keyFrom(() => keeper.credentials?.dpopKey);
  const registrar = new Registrar({
    ...parts,
    keeper,
    controlPlaneEndpoint: url,
    clusterId: undefined,
    agentToken: undefined,
    registrationToken: () => registrationToken,
    describe: () => Promise.resolve({ agentVersion: "1" }),
    // The shortest pause that a failed attempt may have.
    random: () => 0,
  });
  const poll = () =>
    keeper.withToken((token, cluster) =>
      wire.send({
        method: "GET",
        path: "/jobs",
        query: { cluster, wait: "0" },
        token,
        timeoutMs: 10_000,
      }),
    );
  return { ...parts, keeper, registrar, store, poll, time };
}

/** One of its processes dies; PostgreSQL ends all others, recovers from its log, and goes on. */
async function crashDatabase(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  // Its own connection is one of those that end.
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>(
    "select pg_backend_pid() as pid",
  );
  process.kill(rows[0]?.pid ?? 0, "SIGKILL");
  await client.end().catch(() => undefined);
}

describe("An agent that proves its key", () => {
  let gateway: GatewayTarget;
  let proxy: LosingProxy;

  beforeAll(async () => {
    gateway = await startGatewayTarget({
      leaseSeconds: 600,
      jobSeconds: 3600,
      graceSeconds: 3600,
    });
    proxy = await LosingProxy.start(gateway.url);
  });

  afterAll(async () => {
    await proxy.stop();
    await gateway.stop();
  });

  const statuses = () => proxy.passed.map(({ status }) => status);

  it("learns the nonce by a refusal, once, and then works with a proof for each request", async () => {
    const { registrationToken } = await gateway.newCluster();
    const agent = startAgent(proxy.url, registrationToken);
    proxy.passed.length = 0;
    expect(await agent.registrar.ensure(new AbortController().signal)).toBe(
      true,
    );
    for (let polls = 0; polls < 3; polls += 1)
      expect(await agent.poll()).toEqual({ jobs: [] });
    expect(statuses()).toEqual([401, 200, 200, 200, 200]);
    const ids = proxy.passed.map(({ proof = "" }) => decodeJwt(proof).jti);
    expect(new Set(ids).size).toBe(5);
    const schemes = proxy.passed.map(
      ({ authorization }) => authorization.split(" ")[0],
    );
    expect(schemes).toEqual(["Bearer", "Bearer", "DPoP", "DPoP", "DPoP"]);
    await agent.wire.close();
  });

  it("gets its credential all the same when the answer to its registration is lost", async () => {
    const { clusterId, registrationToken } = await gateway.newCluster();
    const agent = startAgent(proxy.url, registrationToken);
    proxy.passed.length = 0;
    proxy.lose = { path: "/register", answers: 1 };
    await agent.registrar.ensure(new AbortController().signal);
    expect(agent.keeper.credentials?.clusterId).toBe(clusterId);
    expect(await agent.poll()).toEqual({ jobs: [] });
    expect(statuses().filter((status) => status === 200)).toHaveLength(3);
    await agent.wire.close();
  });

  it("gets it also when its process ended before the answer came", async () => {
    const { registrationToken } = await gateway.newCluster();
    const first = startAgent(proxy.url, registrationToken);
    const end = new AbortController();
    proxy.passed.length = 0;
    proxy.lose = { path: "/register", answers: 1 };
    const registered = first.registrar.ensure(end.signal);
    while (!statuses().includes(200))
      await new Promise((resolve) => setTimeout(resolve, 10));
    end.abort();
    expect(await registered).toBe(false);
    const second = startAgent(proxy.url, registrationToken, first.store);
    await second.registrar.ensure(new AbortController().signal);
    expect(await second.poll()).toEqual({ jobs: [] });
    await Promise.all([first.wire.close(), second.wire.close()]);
  });

  it("rotates, goes on with the new token, and starts again from what it keeps", async () => {
    const { registrationToken } = await gateway.newCluster();
    const first = startAgent(proxy.url, registrationToken);
    await first.registrar.ensure(new AbortController().signal);
    await first.poll();
    await first.keeper.rotate();
    await first.poll();
    const second = startAgent(proxy.url, registrationToken, first.store);
    await second.registrar.ensure(new AbortController().signal);
    proxy.passed.length = 0;
    expect(await second.poll()).toEqual({ jobs: [] });
    expect(statuses()).toEqual([401, 200]);
    await Promise.all([first.wire.close(), second.wire.close()]);
  });

  it("knows the time by the answers", async () => {
    const { registrationToken } = await gateway.newCluster();
    const agent = startAgent(proxy.url, registrationToken);
    await agent.registrar.ensure(new AbortController().signal);
    expect(agent.time.complaint).toBe(undefined);
    expect(Math.abs(agent.time.skewMs)).toBeLessThan(30_000);
    await agent.wire.close();
  });

  it("goes on after a crash of the gateway's database, and nobody can use a proof of the time before", async () => {
    const { clusterId, registrationToken } = await gateway.newCluster();
    const agent = startAgent(proxy.url, registrationToken);
    await agent.registrar.ensure(new AbortController().signal);
    await agent.poll();
    const used = proxy.passed.at(-1);
    await crashDatabase(await gateway.process.databaseUrl());
    const replayed = () =>
      exchange(`${gateway.url}/api/agent/jobs?cluster=${clusterId}&wait=0`, {
        method: "GET",
        headers: {
          authorization: used?.authorization ?? "",
          dpop: used?.proof ?? "",
        },
      });
    await eventually(async () => (await replayed()).status !== 503);
    const reply = await replayed();
    expect(reply.status).toBe(401);
    expect(reply.headers["www-authenticate"]).toContain("use_dpop_nonce");
    expect(await agent.poll()).toEqual({ jobs: [] });
    await agent.wire.close();
  });

  it("works with bearer tokens at a control plane that knows of no proofs", async () => {
    const peer = await startFakeGateway();
    const { registrationToken } = peer.newCluster("c1");
    const agent = startAgent(peer.url, registrationToken);
    await agent.registrar.ensure(new AbortController().signal);
    expect(await agent.poll()).toEqual({ jobs: [] });
    await agent.keeper.rotate();
    expect(await agent.poll()).toEqual({ jobs: [] });
    await agent.wire.close();
    await peer.stop();
  });
});
