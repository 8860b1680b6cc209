import type { OfferedJob } from "@vworkspace/contract";
import { SystemClock } from "@vworkspace/kernel";
import { ControlPlaneTime } from "../../apps/agent/src/control-plane/control-plane-time";
import { CredentialKeeper } from "../../apps/agent/src/control-plane/credential-keeper";
import { DpopProver } from "../../apps/agent/src/control-plane/dpop-prover";
import { HttpControlPlane } from "../../apps/agent/src/control-plane/http-control-plane";
import { HttpWire } from "../../apps/agent/src/control-plane/http-wire";
import { Link } from "../../apps/agent/src/control-plane/link";
import { PayloadGuard } from "../../apps/agent/src/control-plane/payload-guard";
import { SignedKeys } from "../../apps/agent/src/control-plane/signed-keys";
import { Registrar } from "../../apps/agent/src/control-plane/registrar";
import {
  Wire,
  type WireRequest,
} from "../../apps/agent/src/control-plane/wire";
import { KeptLog } from "../../apps/agent/src/testing/kept-log";
import { MemoryCredentialStore } from "../../apps/agent/src/testing/memory-credential-store";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import { PayloadKeyRotation } from "../../apps/gateway/src/trust/payload-keys/payload-key-rotation";
import { TestTenant } from "../db/test-tenant";
import { type ListedGateway, startListedGateway } from "./listed-gateway";

jest.setTimeout(120_000);

type Change = (job: OfferedJob) => unknown;

/** A relay that ends TLS: it reads every answer, and may change the jobs of a poll. */
class Relay extends Wire {
  /** Answers to polls as the agent got them. */
  readonly seen: string[] = [];
  change: Change = (job) => job;

  constructor(private readonly inner: Wire) {
    super();
  }

  override async send(request: WireRequest): Promise<unknown> {
    const answer = await this.inner.send(request);
    if (request.path !== "/jobs") return answer;
    const { jobs } = answer as { jobs: OfferedJob[] };
    const changed = { jobs: jobs.map(this.change) };
    this.seen.push(JSON.stringify(changed));
    return changed;
  }

  override close(): Promise<void> {
    return this.inner.close();
  }
}

let gateway: ListedGateway;
let tenant: TestTenant;
const relays: Relay[] = [];

beforeAll(async () => {
  gateway = await startListedGateway({
    VWORKSPACE_PUBLIC_URL: "https://gateway.example.com",
  });
  tenant = await TestTenant.make(gateway);
  await tenant.allow();
});

afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.close()));
  await gateway?.stop();
});

/** The part of an agent that talks to its control plane, registered as a cluster of its own. */
async function startAgent() {
  const { id } = await tenant.addCluster();
  const registrationToken = await tenant.registrationToken(id);
  const clock = new SystemClock();
  const time = new ControlPlaneTime(clock);
  const prover = new DpopProver(time);
  const wire = new Relay(
    new HttpWire(gateway.url, "agent-under-test", { time, prover }),
  );
  relays.push(wire);
  const parts = {
    wire,
    clock,
    link: new Link(clock),
    log: new KeptLog(),
    requestTimeoutMs: 10_000,
  };
  const store = new MemoryCredentialStore();
  const keeper = new CredentialKeeper({ ...parts, store });
  prover.keyFrom(() => keeper.credentials?.dpopKey);
  const registrar = new Registrar({
    ...parts,
    keeper,
    controlPlaneEndpoint: gateway.url,
    clusterId: undefined,
    agentToken: undefined,
    registrationToken: () => registrationToken,
    describe: () => Promise.resolve({ agentVersion: "1" }),
  });
  await registrar.ensure(new AbortController().signal);
  const guard = new PayloadGuard({
    keeper,
    keys: new SignedKeys("payload", { ...parts, keeper }),
    log: parts.log,
    now: () => time.now(),
    demands: () => Promise.resolve({ isSigned: true, isEncrypted: false }),
  });
  const controlPlane = new HttpControlPlane(wire, keeper, guard, 10_000);
  const poll = () => {
    const { signal } = new AbortController();
    return controlPlane.poll({ waitSeconds: 0, resume: false, signal });
  };
  await tenant.createInstance(id, {
    values_json: '{"title":"nobody-else"}',
  });
  return { id, wire, store, keeper, poll };
}

type Agent = Awaited<ReturnType<typeof startAgent>>;

function requireEncryption({ id }: Agent): Promise<void> {
  return tenant.in((stores) =>
    gateway
      .get(ClusterService)
      .requirePayloadProtection(stores, tenant.actor, id, {
        isEncrypted: true,
      }),
  );
}

async function expectJob({ poll }: Agent): Promise<void> {
  const { jobs, unreadable } = await poll();
  expect(unreadable).toEqual([]);
  expect(jobs).toMatchObject([{ payload: { kind: "ApplicationInstance" } }]);
  expect(JSON.stringify(jobs)).toContain("nobody-else");
}

const CHANGES: readonly [string, Change, RegExp][] = [
  ["a payload", withPayload({ kind: "Secret" }), /not one over this payload/],
  ["a job's id", (job) => ({ ...job, id: "j" }), /signed for another job/],
  ["a kind", (job) => ({ ...job, kind: "delete" }), /signed for another job/],
  ["no signature", ({ signature: _, ...job }) => job, /no signature/],
  ["another's signature", (job) => ({ ...job, signature: "e30..e30" }), /JWS/],
];

function withPayload(payload: Record<string, unknown>): Change {
  return (job) => ({ ...job, payload });
}

describe("Payloads on their way from the gateway to an agent", () => {
  it("are read as they were meant, and go on being while keys rotate on both sides", async () => {
    const agent = await startAgent();
    await expectJob(agent);
    const rotation = gateway.get(PayloadKeyRotation);
    const held = agent.store.stored?.payloadKeySet;
    await rotation.rotate({ isUrgent: true });
    // The agent may have asked a moment ago: then it asks again when its pause is over.
    let refused = (await agent.poll()).unreadable;
    while (refused.length > 0) {
      expect(refused[0]?.reason).toContain("not in the set");
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      refused = (await agent.poll()).unreadable;
    }
    expect(agent.store.stored?.payloadKeySet).not.toBe(held);
    await requireEncryption(agent);
    await expectJob(agent);
    for (let turn = 0; turn < 4; turn += 1) {
      await agent.keeper.rotate();
      await expectJob(agent);
    }
  });

  it("are verified from the first on by an agent that registered before there was a root to pin", async () => {
    const agent = await startAgent();
    const { stored } = agent.store;
    if (stored === undefined) throw new Error("The agent did not register.");
    const { trustRoot, ...before } = stored;
    await agent.keeper.keep(before);
    agent.wire.change = withPayload({ kind: "Secret" });
    expect((await agent.poll()).unreadable).toHaveLength(1);
    expect(agent.store.stored?.trustRoot).toBe(trustRoot);
    agent.wire.change = (job) => job;
    await expectJob(agent);
  });

  it.each(CHANGES)(
    "are refused when a relay brings %s, and taken when it is honest again",
    async (_, change, reason) => {
      const agent = await startAgent();
      agent.wire.change = change;
      const { jobs, unreadable } = await agent.poll();
      expect(jobs).toEqual([]);
      expect(unreadable).toMatchObject([
        { reason: expect.stringMatching(reason) as string },
      ]);
      agent.wire.change = (job) => job;
      await expectJob(agent);
    },
  );

  it("are no reading for the relay where they are encrypted, and it can't put any in their place", async () => {
    const agent = await startAgent();
    const foreign = await startAgent();
    await foreign.poll();
    const [theirs] = (
      JSON.parse(foreign.wire.seen.at(-1) ?? "") as { jobs: OfferedJob[] }
    ).jobs;
    await requireEncryption(agent);
    await expectJob(agent);
    expect(agent.wire.seen.join()).not.toContain("nobody-else");
    agent.wire.change = ({ encryptedPayload: _, ...job }) => ({
      ...job,
      payload: theirs?.payload,
      signature: theirs?.signature,
    });
    expect((await agent.poll()).unreadable).toMatchObject([
      { reason: expect.stringMatching(/signed for another job/) as string },
    ]);
  });
});
