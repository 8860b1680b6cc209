import { SystemClock } from "@vworkspace/kernel";
import { ControlPlaneTime } from "../../apps/agent/src/control-plane/control-plane-time";
import { CredentialKeeper } from "../../apps/agent/src/control-plane/credential-keeper";
import { DpopProver } from "../../apps/agent/src/control-plane/dpop-prover";
import { HttpWire } from "../../apps/agent/src/control-plane/http-wire";
import { Link } from "../../apps/agent/src/control-plane/link";
import { Registrar } from "../../apps/agent/src/control-plane/registrar";
import { SignedKeys } from "../../apps/agent/src/control-plane/signed-keys";
import {
  Wire,
  type WireRequest,
} from "../../apps/agent/src/control-plane/wire";
import { ClaimApprovals } from "../../apps/agent/src/reconcilers/operation/claim-approvals";
import { KeptLog } from "../../apps/agent/src/testing/kept-log";
import { MemoryCredentialStore } from "../../apps/agent/src/testing/memory-credential-store";
import { OperationBench } from "../../apps/agent/src/testing/operation-bench";
import {
  ApprovalClaims,
  type NewApproval,
} from "../../apps/gateway/src/trust/approvals/approval-claims.service";
import { ApprovalKeyRotation } from "../../apps/gateway/src/trust/approvals/approval-keys";
import { newId } from "@vworkspace/kernel";
import { TestTenant } from "../db/test-tenant";
import { type ListedGateway, startListedGateway } from "./listed-gateway";

jest.setTimeout(120_000);

/** A relay that ends TLS: it may give keys of another gateway, or none. */
class Relay extends Wire {
  keys: ((answer: unknown) => unknown) | undefined;

  constructor(private readonly inner: Wire) {
    super();
  }

  override async send(request: WireRequest): Promise<unknown> {
    const answer = await this.inner.send(request);
    const isKeys = request.path === "/approval-keys" && this.keys !== undefined;
    return isKeys ? this.keys?.(answer) : answer;
  }

  override close(): Promise<void> {
    return this.inner.close();
  }
}

let gateway: ListedGateway;
let other: ListedGateway;
let tenant: TestTenant;
const relays: Relay[] = [];

beforeAll(async () => {
  const settings = { VWORKSPACE_PUBLIC_URL: "https://gateway.example.com" };
  gateway = await startListedGateway(settings);
  other = await startListedGateway(settings);
  tenant = await TestTenant.make(gateway);
});

afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.close()));
  await gateway?.stop();
  await other?.stop();
});

/** A registered agent that runs operations, without a cluster below it. */
async function startAgent({ requirePersonalApprovals = false } = {}) {
  const { id } = await tenant.addCluster();
  const registrationToken = await tenant.registrationToken(id);
  const clock = new SystemClock();
  const time = new ControlPlaneTime(clock);
  const prover = new DpopProver(time);
  const wire = new Relay(
    new HttpWire(gateway.url, "agent-under-test", { time, prover }),
  );
  relays.push(wire);
  const link = new Link(clock);
  const requestTimeoutMs = 10_000;
  const parts = { wire, clock, link, log: new KeptLog(), requestTimeoutMs };
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
  const keys = new SignedKeys("approval", { ...parts, keeper });
  const now = () => time.now();
  const bench = new OperationBench(
    new ClaimApprovals({
      keeper,
      keys,
      clock,
      now,
      security: () => Promise.resolve({ requirePersonalApprovals }),
    }),
  );
  const clusterCode = keeper.credentials?.clusterId ?? "";
  return { bench, clusterCode, wire };
}

type Agent = Awaited<ReturnType<typeof startAgent>>;

/** An operation of the gateway in that cluster, and an approval of it with what is to be different. */
function request({ bench, clusterCode }: Agent) {
  const name = `tidy-${newId().slice(-12)}`;
  const operationId = newId();
  const { spec } = bench.putOperation(
    name,
    { approvals: { required: true } },
    { annotations: { "vworkspace.io/operation-id": operationId } },
  );
  const approval: NewApproval = {
    operationId,
    clusterCode,
    namespace: "shop",
    name,
    spec,
    approver: "bea@example.com",
    requester: "ann@example.com",
    amr: "key",
    expiresInSeconds: 3600,
  };
  const sign = async (
    over: Partial<NewApproval> = {},
    by: ListedGateway = gateway,
  ) => (await by.get(ApprovalClaims).sign({ ...approval, ...over })).claim;
  return { name, sign };
}

/** What is said of the operation once it has that claim: its phase, or why it waits. */
async function outcome({ bench }: Agent, name: string, claim: string) {
  bench.change(name, { approvals: { required: true, claim } });
  await bench.run();
  const { phase, conditions = [] } = bench.operation(name)?.status ?? {};
  const blocked = conditions.find(({ type }) => type === "Blocked");
  return blocked?.status === "True"
    ? `${blocked.reason}: ${blocked.message}`
    : phase;
}

const HOSTILE: readonly [string, Partial<NewApproval>, RegExp][] = [
  ["another operation", { operationId: newId() }, /another operation/],
  ["another cluster", { clusterCode: "elsewhere" }, /another cluster/],
  ["another name", { name: "other" }, /another name or namespace/],
  ["another spec", { spec: { type: "Backup" } }, /changed after it was/],
];

describe("An operation that asks for approval", () => {
  it("starts on the gateway's claim, and no second one does", async () => {
    const agent = await startAgent();
    const { name, sign } = request(agent);
    const claim = await sign();
    expect(await outcome(agent, name, claim)).toBe("Running");
    const second = request(agent);
    expect(await outcome(agent, second.name, claim)).toMatch(
      /^AwaitingApproval: .*another operation/,
    );
  });

  it.each(HOSTILE)(
    "does not start on a claim for %s",
    async (_, over, sentence) => {
      const agent = await startAgent();
      const { name, sign } = request(agent);
      const said = await outcome(agent, name, await sign(over));
      expect(said).toMatch(/^AwaitingApproval: its approval does not count/);
      expect(said).toMatch(sentence);
    },
  );

  it("starts on the claim that Odoo says somebody approved, unless its cluster takes people's own only", async () => {
    for (const requirePersonalApprovals of [false, true]) {
      const agent = await startAgent({ requirePersonalApprovals });
      const { name, sign } = request(agent);
      expect(await outcome(agent, name, await sign({ amr: "odoo" }))).toMatch(
        requirePersonalApprovals
          ? /^AwaitingApproval: .*only Odoo says that somebody approved it/
          : /^Running$/,
      );
    }
  });

  it("does not start on another gateway's claim, not even where a relay brings that one's keys", async () => {
    const agent = await startAgent();
    const { name, sign } = request(agent);
    const claim = await sign({}, other);
    const keySet = await other.get(ApprovalClaims).keySet();
    agent.wire.keys = () => ({ keySet });
    expect(await outcome(agent, name, claim)).toMatch(
      /^AwaitingApproval: .*not in the set of approval keys/,
    );
    agent.wire.keys = undefined;
    expect(await outcome(agent, name, await sign())).toBe("Running");
  });

  it("starts on a claim by a key that signs since a moment ago, and on one by the key before it", async () => {
    const agent = await startAgent();
    const first = request(agent);
    const before = await first.sign();
    await gateway.get(ApprovalKeyRotation).rotate({ isUrgent: true });
    const second = request(agent);
    const after = await second.sign();
    expect(await outcome(agent, first.name, before)).toBe("Running");
    expect(await outcome(agent, second.name, after)).toBe("Running");
  });
});
