import {
  type ApprovalClaim,
  operationDigest,
  signApproval,
  signKeySet,
} from "@vworkspace/contract";
import { ManualClock } from "@vworkspace/kernel";
import type { ClusterSpec, Operation } from "@vworkspace/resources";
import { type CryptoKey, exportJWK, generateKeyPair } from "jose";
import { CredentialKeeper } from "../../control-plane/credential-keeper";
import { Link } from "../../control-plane/link";
import { SignedKeys } from "../../control-plane/signed-keys";
import { KeptLog } from "../../testing/kept-log";
import { MemoryCredentialStore } from "../../testing/memory-credential-store";
import { OperationBench } from "../../testing/operation-bench";
import { ScriptedWire } from "../../testing/scripted-wire";
import { ClaimApprovals } from "./claim-approvals";

const HOUR = 3600;
const MINUTE_MS = 60_000;
const ANNOTATION = "vworkspace.io/operation-id";

interface Pair {
  readonly kid: string;
  readonly key: CryptoKey;
  readonly publicKey: CryptoKey;
}

let root: Pair;
let first: Pair;
let second: Pair;

beforeAll(async () => {
  root = await pairOf("root");
  first = await pairOf("first");
  second = await pairOf("second");
});

async function pairOf(kid: string): Promise<Pair> {
  const made = await generateKeyPair("Ed25519", { extractable: true });
  return { kid, key: made.privateKey, publicKey: made.publicKey };
}

async function jwkOf({ publicKey, kid }: Pair) {
  const { x = "" } = await exportJWK(publicKey);
  return { kty: "OKP" as const, crv: "Ed25519", x, kid };
}

async function keySet(version: number, keys: readonly Pair[], by: Pair = root) {
  const set = { version, keys: await Promise.all(keys.map(jwkOf)) };
  return { keySet: await signKeySet(set, by, "approval") };
}

/** An agent with one operation that asks for approval, and its gateway as far as approval keys go. */
async function setUp({ isPinned = true } = {}) {
  const demands: { security: ClusterSpec["security"] } = { security: {} };
  const clock = new ManualClock();
  const served = await keySet(1, [first]);
  const wire = new ScriptedWire(() => served);
  const store = new MemoryCredentialStore({
    controlPlaneBaseUrl: "http://gateway",
    clusterId: "prod-1",
    current: { token: "t" },
    ...(isPinned && { trustRoot: JSON.stringify(await jwkOf(root)) }),
  });
  const newAgent = async () => {
    const requestTimeoutMs = 1;
    const link = new Link(clock);
    const parts = { wire, clock, requestTimeoutMs };
    const log = new KeptLog();
    const keeper = new CredentialKeeper({ ...parts, store, link, log });
    await keeper.load();
    return new ClaimApprovals({
      keeper,
      keys: new SignedKeys("approval", { ...parts, keeper }),
      clock,
      now: () => clock.now(),
      security: () => Promise.resolve(demands.security),
    });
  };
  const approvals = await newAgent();
  const bench = new OperationBench(approvals);
  const operation = bench.putOperation(
    "restore",
    { approvals: { required: true } },
    { annotations: { [ANNOTATION]: "op-1" } },
  );
  return { approvals, bench, clock, demands, newAgent, operation, store, wire };
}

type World = Awaited<ReturnType<typeof setUp>>;

/** As the gateway signs it for the operation, with what is to be different. */
async function claimFor(
  { operation, clock }: World,
  over: Partial<ApprovalClaim> = {},
  by: Pair = first,
): Promise<string> {
  const iat = Math.floor(clock.now() / 1000);
  return signApproval(
    {
      iss: "https://gateway.example.com",
      iat,
      exp: iat + HOUR,
      jti: "j",
      op: "op-1",
      cluster: "prod-1",
      namespace: "shop",
      name: "restore",
      digest: await operationDigest(operation.spec),
      sub: "bea",
      requester: "ann",
      amr: ["key"],
      ...over,
    },
    by,
  );
}

function approvedBy(claim: string, operation: Operation): Operation {
  const approvals = { required: true, claim };
  return { ...operation, spec: { ...operation.spec, approvals } };
}

function judge(
  world: World,
  claim: string,
  approvals: ClaimApprovals = world.approvals,
) {
  return approvals.judge(approvedBy(claim, world.operation));
}

const VALID = { state: "valid", by: "bea" };

function refusal(text: RegExp) {
  const why = expect.stringMatching(text) as string;
  return { state: "refused", why };
}

/** What kubectl shows of the operation once it was looked at with that claim. */
async function blockedWith({ bench }: World, claim: string, name = "restore") {
  bench.change(name, { approvals: { required: true, claim } });
  await bench.run();
  const said = bench.operation(name)?.status?.conditions ?? [];
  return said
    .filter(({ type }) => type === "Blocked")
    .map(({ status, reason, message }) => `${status} ${reason}: ${message}`)
    .join();
}

describe("An operation that asks for approval", () => {
  it("waits for a claim, and starts with one that the gateway signed", async () => {
    const world = await setUp();
    const { bench } = world;
    await bench.run();
    expect(bench.conditions("restore")).toMatchObject({
      Blocked: "True AwaitingApproval",
    });
    expect(bench.objects("Work")).toEqual([]);
    bench.change("restore", {
      approvals: { required: true, claim: await claimFor(world) },
    });
    await bench.run();
    expect(bench.phase("restore")).toBe("Running");
    expect(bench.objects("Work")).toHaveLength(1);
  });

  it.each<[string, (world: World) => Promise<string>, RegExp]>([
    [
      "is forged",
      (world) => claimFor(world, {}, { ...second, kid: "first" }),
      /does not count: the claim is not signed by the control plane/,
    ],
    [
      "has expired",
      (world) => claimFor(world, { exp: 1 }),
      /come to its end: ask for approval again/,
    ],
    [
      "is for another operation",
      (world) => claimFor(world, { op: "op-2" }),
      /the claim is for another operation/,
    ],
    [
      "is for another spec",
      (world) => claimFor(world, { digest: "other" }),
      /changed after it was approved/,
    ],
    [
      "is for another cluster",
      (world) => claimFor(world, { cluster: "prod-2" }),
      /in another cluster/,
    ],
    [
      "is by the requester",
      (world) => claimFor(world, { sub: "Ann" }),
      /approved it himself/,
    ],
    ["is none", () => Promise.resolve("e30.e30.e30"), /is no claim/],
  ])(
    "does not start, and says why, where its claim %s",
    async (_, make, sentence) => {
      const world = await setUp();
      const said = await blockedWith(world, await make(world));
      expect(said).toMatch(/^True AwaitingApproval: /);
      expect(said).toMatch(sentence);
      expect(world.bench.objects("Work")).toEqual([]);
    },
  );

  it.each(["op-1", "op-2"])(
    "does not start on the claim of another one, also where it calls itself %s",
    async (id) => {
      const world = await setUp();
      const { bench } = world;
      const claim = await claimFor(world);
      expect(await judge(world, claim)).toEqual(VALID);
      bench.putOperation(
        "again",
        { approvals: { required: true } },
        { annotations: { [ANNOTATION]: id } },
      );
      expect(await blockedWith(world, claim, "again")).toMatch(
        /^True AwaitingApproval: .*another (operation|name)/,
      );
    },
  );

  it("that the control plane did not create can't be approved", async () => {
    const world = await setUp();
    const { annotations: _, ...metadata } = world.operation.metadata;
    const anonymous = { ...world.operation, metadata };
    const approved = approvedBy(await claimFor(world), anonymous);
    expect(await world.approvals.judge(approved)).toEqual(
      refusal(/no annotation vworkspace.io\/operation-id/),
    );
  });

  it("starts on Odoo's word where the gateway signed that, unless the cluster takes people's own only, or can't know", async () => {
    const world = await setUp();
    const asserted = await claimFor(world, { amr: ["odoo"] });
    expect(await judge(world, asserted)).toEqual(VALID);
    for (const security of [undefined, { requirePersonalApprovals: true }]) {
      world.demands.security = security;
      expect(await judge(world, asserted)).toEqual(
        refusal(/only Odoo says .*requirePersonalApprovals/),
      );
      for (const amr of ["key", "oidc"] as const)
        expect(
          await judge(world, await claimFor(world, { amr: [amr] })),
        ).toEqual(VALID);
    }
  });

  it("that asks for none needs none, whatever stands in its place", async () => {
    const { approvals, operation, wire } = await setUp();
    for (const given of [undefined, { required: false, claim: "nonsense" }]) {
      const { approvals: _, ...spec } = operation.spec;
      const open = {
        ...operation,
        spec: { ...spec, ...(given && { approvals: given }) },
      };
      expect(await approvals.judge(open)).toEqual({ state: "not-required" });
    }
    expect(wire.sent).toEqual([]);
  });
});

describe("The keys that approvals are verified with", () => {
  it("are asked for once, and count while the gateway is away, also in the agent's next life", async () => {
    const world = await setUp();
    const { wire, newAgent } = world;
    const claim = await claimFor(world);
    for (let round = 0; round < 3; round += 1)
      expect(await judge(world, claim)).toEqual(VALID);
    expect(wire.trail).toEqual(["/approval-keys t"]);
    wire.answer = () => 503;
    expect(await judge(world, claim, await newAgent())).toEqual(VALID);
  });

  it("are asked for when a claim names a new one", async () => {
    const world = await setUp();
    const { wire } = world;
    await judge(world, await claimFor(world));
    const next = await keySet(2, [second, first]);
    wire.answer = () => next;
    expect(await judge(world, await claimFor(world, {}, second))).toEqual(
      VALID,
    );
    expect(await judge(world, await claimFor(world))).toEqual(VALID);
    expect(wire.sent).toHaveLength(2);
  });

  it("are not asked for again and again for a claim that is known to be bad", async () => {
    const world = await setUp();
    const { wire, clock } = world;
    const bad = await claimFor(world, { exp: 9_999_999_999 }, second);
    for (let round = 0; round < 20; round += 1) {
      expect(await judge(world, bad)).toEqual(refusal(/not in the set/));
      await clock.advance(15_000);
    }
    expect(wire.sent).toHaveLength(1);
    await clock.advance(10 * MINUTE_MS);
    await judge(world, bad);
    expect(wire.sent).toHaveLength(2);
  });

  it("that could not be had are no reason to call a claim bad", async () => {
    const world = await setUp();
    const { wire, clock } = world;
    const { answer } = wire;
    wire.answer = () => 503;
    const claim = await claimFor(world);
    expect(await judge(world, claim)).toEqual(refusal(/can't be verified now/));
    wire.answer = answer;
    await clock.advance(15_000);
    expect(await judge(world, claim)).toEqual(VALID);
  });

  it("stop to count when the gateway trusts them no more", async () => {
    const world = await setUp();
    const { wire, clock } = world;
    const claim = await claimFor(world);
    expect(await judge(world, claim)).toEqual(VALID);
    const without = await keySet(2, [second]);
    wire.answer = () => without;
    await clock.advance(10 * MINUTE_MS);
    expect(await judge(world, claim)).toEqual(refusal(/not in the set/));
  });

  it("are no others than those of the pinned root, and none that are older or for payloads", async () => {
    const world = await setUp();
    const { wire, clock } = world;
    const held = await keySet(5, [first]);
    wire.answer = () => held;
    expect(await judge(world, await claimFor(world))).toEqual(VALID);
    const set = { version: 9, keys: [await jwkOf(second)] };
    const forged = await claimFor(world, { exp: 9_999_999_999 }, second);
    for (const bad of [
      await keySet(9, [second], second),
      await keySet(4, [second]),
      { keySet: await signKeySet(set, root, "payload") },
      { keySet: 7 },
      undefined,
    ]) {
      wire.answer = () => bad;
      await clock.advance(11 * MINUTE_MS);
      expect(await judge(world, forged)).toEqual(refusal(/not in the set/));
    }
    expect(wire.sent).toHaveLength(6);
    expect(world.store.stored?.approvalKeySet).toBe(held.keySet);
  });

  it("can't be had without a pinned root", async () => {
    const world = await setUp({ isPinned: false });
    expect(await judge(world, await claimFor(world))).toEqual(
      refusal(/can't be verified now: no trust root is pinned/),
    );
    expect(world.wire.sent).toEqual([]);
  });
});
