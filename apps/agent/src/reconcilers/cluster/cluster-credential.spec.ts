import { ManualClock } from "@vworkspace/kernel";
import type { KubeObject } from "@vworkspace/kube";
import { CLUSTER } from "@vworkspace/resources";
import { CredentialKeeper } from "../../control-plane/credential-keeper";
import { Link } from "../../control-plane/link";
import { Registrar, tokenDigest } from "../../control-plane/registrar";
import type { WireRequest } from "../../control-plane/wire";
import { KeptLog } from "../../testing/kept-log";
import { MemoryCredentialStore } from "../../testing/memory-credential-store";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import { ScriptedWire } from "../../testing/scripted-wire";
import { settle } from "../../testing/settle";
import { ClusterCredential } from "./cluster-credential";

const ANNOTATION = "ops.vworkspace.io/rotate-credentials";

interface Wish {
  readonly spec?: object;
  readonly annotation?: string;
  readonly status?: object;
}

function cluster({ spec = {}, annotation, status }: Wish): KubeObject {
  const annotations =
    annotation === undefined ? {} : { [ANNOTATION]: annotation };
  return {
    ...CLUSTER,
    metadata: { name: "this-cluster", annotations },
    spec,
    ...(status && { status }),
  };
}

/** An agent that is registered with the token "first", an hour ago and more, unless nothing is configured. */
async function setUp(given: { configured?: string } = { configured: "first" }) {
  const clock = new ManualClock();
  const link = new Link(clock);
  const log = new KeptLog();
  const api = new MemoryKubeApi();
  const store = new MemoryCredentialStore();
  let granted = 0;
  const grant = (_request: WireRequest): unknown => ({
    clusterId: "c1",
    token: `t${++granted}`,
  });
  const wire = new ScriptedWire(grant);
  const common = { wire, link, clock, log, requestTimeoutMs: 1_000 };
  const keeper = new CredentialKeeper({ ...common, store });
  const registrar = new Registrar({
    ...common,
    keeper,
    controlPlaneEndpoint: "http://gateway",
    clusterId: undefined,
    agentToken: undefined,
    registrationToken: () => given.configured,
    describe: () => Promise.resolve({}),
    random: () => 0.5,
  });
  const stop = new AbortController();
  const registered = registrar.ensure(stop.signal);
  // Keys are made in threads, which no number of turns waits for.
  await (given.configured === undefined ? settle() : registered);
  await clock.advance(2 * 3_600_000);
  wire.sent.length = 0;
  const credential = new ClusterCredential({
    api,
    registrar,
    keeper,
    clock,
    log,
    agentNamespace: "vworkspace-system",
  });
  const follow = (wish: Wish) => credential.follow(api.put(cluster(wish)));
  const stored = () => api.objects.get("Cluster this-cluster");
  return { api, wire, link, log, keeper, clock, follow, stored, registered };
}

function secret(token: string, key = "registrationToken"): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "registration", namespace: "vworkspace-system" },
    data: { [key]: Buffer.from(`${token}\n`).toString("base64") },
  };
}

const FROM_SECRET = { registrationTokenSecretRef: { name: "registration" } };

describe("The credential that the Cluster object asks for", () => {
  it("is left alone where nothing is asked", async () => {
    const { follow, wire, api } = await setUp();
    expect(await follow({})).toBe(undefined);
    expect(wire.sent).toEqual([]);
    expect(api.writes).toEqual([]);
  });

  it("comes from the Secret that it names, as soon as there is one", async () => {
    const { follow, wire, api, link, keeper, registered } = await setUp({});
    expect(link.facts).toMatchObject({ waitsForToken: true });
    await follow({ spec: FROM_SECRET });
    expect(wire.sent).toEqual([]);
    api.put(secret("fresh"));
    await follow({ spec: FROM_SECRET });
    expect(await registered).toBe(true);
    expect(wire.trail).toEqual(["/register fresh"]);
    expect(keeper.credentials?.registrationTokenDigest).toBe(
      tokenDigest("fresh"),
    );
    expect(link.facts.waitsForToken).toBe(false);
  });

  it("is replaced when the Secret's token is another one, once", async () => {
    const { follow, wire, api, keeper } = await setUp();
    api.put(secret("second", "other"));
    const spec = {
      registrationTokenSecretRef: { name: "registration", key: "other" },
    };
    await follow({ spec });
    await follow({ spec });
    expect(wire.trail).toEqual(["/register second"]);
    expect(keeper.credentials?.current.token).toBe("t2");
  });

  it("stays when the Secret's token is refused, which is said and not asked again", async () => {
    const { follow, wire, api, log, keeper } = await setUp();
    wire.answer = () => 401;
    api.put(secret("second"));
    await follow({ spec: FROM_SECRET });
    await follow({ spec: FROM_SECRET });
    expect(wire.trail).toEqual(["/register second"]);
    expect(keeper.credentials?.current.token).toBe("t1");
    expect(log.text).toContain("could not be done");
  });

  it("is registered for with an inline token, which is cleared once it is used", async () => {
    const { follow, stored, keeper } = await setUp();
    await follow({ spec: { registrationToken: "second", displayName: "x" } });
    expect(keeper.credentials?.current.token).toBe("t2");
    expect(stored()?.["spec"]).toEqual({
      registrationToken: null,
      displayName: "x",
    });
  });

  it("is rotated for a new value of the annotation, once", async () => {
    const { follow, wire } = await setUp();
    expect(await follow({ annotation: "2026-01" })).toBe("2026-01");
    const status = { lastHandledRotation: "2026-01" };
    expect(await follow({ annotation: "2026-01", status })).toBe(undefined);
    expect(await follow({ annotation: "2026-02", status })).toBe("2026-02");
    expect(wire.trail).toEqual([
      "/credentials/rotate t1",
      "/credentials/rotate t2",
    ]);
  });

  it("is registered for anew for the annotation where the token was swapped", async () => {
    const { follow, wire, api } = await setUp();
    api.put(secret("second"));
    await follow({ spec: FROM_SECRET, annotation: "now" });
    expect(wire.trail).toEqual(["/register second"]);
  });

  it("is asked for again later while the control plane is away", async () => {
    const { follow, wire } = await setUp();
    wire.answer = () => 503;
    expect(await follow({ annotation: "now" })).toBe(undefined);
    wire.answer = () => ({ token: "t9" });
    expect(await follow({ annotation: "now" })).toBe("now");
  });

  it("is asked for once where the control plane refuses", async () => {
    const { follow, wire, log } = await setUp();
    wire.answer = () => 401;
    expect(await follow({ annotation: "now" })).toBe("now");
    expect(log.text).toContain("could not be done");
  });

  it.each([
    ["spec.rotateCredentials", { spec: { rotateCredentials: true } }],
    ["the annotation true", { annotation: "true" }],
  ])("is rotated for %s, which is cleared", async (_, wish) => {
    const { follow, wire, api } = await setUp();
    expect(await follow(wish)).toBe(undefined);
    expect(wire.trail).toEqual(["/credentials/rotate t1"]);
    expect(api.writes).toEqual(["patch Cluster this-cluster"]);
    expect(JSON.stringify([...api.objects.values()])).not.toContain("true");
  });

  it("isn't rotated for a flag that was put back within an hour", async () => {
    const { follow, wire, clock } = await setUp();
    const wish = { spec: { rotateCredentials: true } };
    await follow(wish);
    await follow(wish);
    expect(wire.sent).toHaveLength(1);
    await clock.advance(3_600_000);
    await follow(wish);
    expect(wire.sent).toHaveLength(2);
  });
});
