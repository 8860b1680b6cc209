import type { Job } from "@vworkspace/contract";
import { ManualClock } from "@vworkspace/kernel";
import { KubeError, type KubeObject, LOCAL_REASONS } from "@vworkspace/kube";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";
import { instanceManifest } from "../testing/instance-manifest";
import { KeptControlPlane } from "../testing/kept-control-plane";
import { KeptLog } from "../testing/kept-log";
import { MemoryKubeApi } from "../testing/memory-kube-api";
import { MemoryWatches } from "../testing/memory-watches";
import { advanceUntil, settle } from "../testing/settle";
import { Follower } from "./follower";
import { JobApplier } from "./job-applier";
import { readChange } from "./job-change.decide";
import type { JobOutcome } from "./job-outcome";
import { Namespaces } from "./namespaces";

const REF = { ...APPLICATION_INSTANCE, namespace: "shop", name: "web" };
const STAMP = "vworkspace.io/intent-generation";

function setUp() {
  const api = new MemoryKubeApi();
  const watches = new MemoryWatches();
  const controlPlane = new KeptControlPlane();
  const clock = new ManualClock();
  const log = new KeptLog();
  const patterns = ["*"];
  const namespaces = new Namespaces(api, { agentNamespace: "sys", patterns });
  const follower = new Follower({
    api,
    watches,
    controlPlane,
    clock,
    log,
    leaseMs: 600_000,
  });
  const applier = new JobApplier({
    api,
    follower,
    namespaces,
    controlPlane,
    clock,
    allowedKinds: [],
    clusterId: () => "c1",
    random: () => 0.5,
  });
  api.put({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "shop", labels: { "managed-by": "vworkspace" } },
  });
  const state = { outcome: undefined as JobOutcome | undefined, ended: false };
  const run = (job: Job, signal = new AbortController().signal) => {
    void applier.execute(job, readChange(job), signal).then((outcome) => {
      Object.assign(state, { outcome, ended: true });
    });
  };
  return { api, watches, controlPlane, clock, run, state };
}

function apply(generation: number, spec: Record<string, unknown> = {}): Job {
  return {
    id: `apply-${generation}`,
    kind: "apply",
    payload: instanceManifest("shop", "web", spec),
    idempotencyKey: `applicationinstance/shop/web@${generation}`,
    createdAt: "2026-01-01T00:00:00Z",
    expiresAt: "2026-01-02T00:00:00Z",
  };
}

function remove(generation: number): Job {
  return {
    ...apply(generation),
    id: `delete-${generation}`,
    kind: "delete",
    payload: REF,
  };
}

function existing(stamp: number, more: Partial<KubeObject> = {}): KubeObject {
  const manifest = instanceManifest("shop", "web");
  return {
    ...manifest,
    ...more,
    metadata: {
      ...manifest.metadata,
      ...more.metadata,
      annotations: { [STAMP]: String(stamp) },
    },
  };
}

/** What the reconciler would say. */
function ready(object: KubeObject, intent: number, status = "True") {
  return {
    ...object,
    status: {
      observedGeneration: object.metadata.generation,
      intentGeneration: intent,
      conditions: [{ type: "Ready", status, reason: "Said", message: "" }],
    },
  };
}

async function current(api: MemoryKubeApi): Promise<KubeObject> {
  const found = await api.get<KubeObject>(REF);
  if (found === undefined) throw new Error("the instance is not there");
  return found;
}

describe("JobApplier", () => {
  it("creates the object, follows it to Ready from what the watches see, and says so", async () => {
    const { api, watches, controlPlane, run, state } = setUp();
    run(apply(1));
    await settle();
    const created = await current(api);
    expect(created.metadata.annotations?.[STAMP]).toBe("1");
    expect(controlPlane.statuses.map(({ phase }) => phase)).toEqual([
      "Creating",
      "Applied",
    ]);
    watches.show(ready(created, 1, "False"));
    await settle();
    expect(controlPlane.statuses.at(-1)).toMatchObject({ phase: "Said" });
    watches.show(ready(created, 1));
    await settle();
    expect(state.outcome).toMatchObject({
      outcome: "succeeded",
      appliedRef: { name: "web", intentGeneration: 1 },
    });
  });

  it("creates nothing when the job turns out to be closed", async () => {
    const { api, controlPlane, run, state } = setUp();
    controlPlane.closed.add("apply-1");
    run(apply(1));
    await settle();
    expect(state).toEqual({ outcome: undefined, ended: true });
    expect(api.writes).toEqual([]);
  });

  it("creates nothing before the control plane has said that the job is open", async () => {
    const { api, controlPlane, clock, run } = setUp();
    controlPlane.faults.push(503, 503);
    run(apply(1));
    await settle();
    expect(api.writes).toEqual([]);
    await clock.advance(10_000);
    await settle();
    await clock.advance(10_000);
    await settle();
    expect(api.writes).toEqual(["create ApplicationInstance shop/web"]);
  });

  it("answers noop, and writes nothing, when a newer generation is stamped", async () => {
    const { api, run, state } = setUp();
    api.put(existing(6));
    run(apply(5));
    await settle();
    expect(state.outcome?.outcome).toBe("noop");
    expect(api.writes).toEqual([]);
  });

  it("answers noop when its generation is stamped and has settled", async () => {
    const { api, run, state } = setUp();
    api.put(ready(api.put(existing(5)), 5));
    run(apply(5));
    await settle();
    expect(state.outcome?.outcome).toBe("noop");
    expect(api.writes).toEqual([]);
  });

  it("goes on following, without writing again, when its generation is stamped and has not settled", async () => {
    const { api, watches, run, state } = setUp();
    const object = api.put(existing(5));
    run(apply(5));
    await settle();
    expect(state.ended).toBe(false);
    watches.show(ready(object, 5));
    await settle();
    expect(state.outcome?.outcome).toBe("succeeded");
    expect(api.writes).toEqual([]);
  });

  it("reads again when somebody wrote in between, and then finds itself overtaken", async () => {
    const { api, clock, run, state } = setUp();
    api.put(existing(4));
    let isFirst = true;
    api.beforeWrite = () => {
      if (isFirst) api.put(existing(6));
      isFirst = false;
    };
    run(apply(5));
    await advanceUntil(clock, () => state.ended, 60_000);
    expect(state.outcome?.outcome).toBe("noop");
    expect((await current(api)).metadata.annotations?.[STAMP]).toBe("6");
  });

  it("waits for the end of an object that is being deleted, then creates it anew", async () => {
    const { api, watches, run } = setUp();
    const metadata = { finalizers: ["x/y"] } as KubeObject["metadata"];
    const old = api.put(existing(3, { metadata }));
    await api.delete(REF);
    watches.show(await current(api));
    run(apply(5));
    await settle();
    expect(api.writes.filter((write) => write.startsWith("apply"))).toEqual([]);
    await api.patch(
      REF,
      { metadata: { finalizers: [] } },
      { fieldManager: "x" },
    );
    watches.hide(old);
    await settle();
    const created = await current(api);
    expect(created.metadata.uid).not.toBe(old.metadata.uid);
    expect(created.metadata.annotations?.[STAMP]).toBe("5");
  });

  it("keeps its lease with a status at least every third of it while nothing changes", async () => {
    const { controlPlane, clock, run } = setUp();
    run(apply(1, { policy: { timeoutSeconds: 3_000 } }));
    await settle();
    const times = () =>
      controlPlane.statuses.map(({ timestamp }) => Date.parse(timestamp));
    for (let minute = 0; minute < 40; minute += 1) {
      await clock.advance(30_000);
      await settle(3);
    }
    const gaps = times()
      .slice(1)
      .map((time, index) => time - (times()[index] ?? 0));
    expect(gaps.length).toBeGreaterThan(4);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(200_000);
  });

  it("posts no status for as long as the control plane asked, and then the newest", async () => {
    const { api, watches, controlPlane, clock, run } = setUp();
    api.put(existing(1));
    controlPlane.faults.push(429);
    run(apply(2));
    await settle();
    watches.show(ready(await current(api), 2, "False"));
    await settle();
    expect(controlPlane.statuses).toEqual([]);
    await clock.advance(999);
    await settle();
    expect(controlPlane.statuses).toEqual([]);
    await clock.advance(3_001);
    await settle();
    expect(controlPlane.statuses.map(({ phase }) => phase)).toEqual(["Said"]);
  });

  it("fails with the last reason when the object is not ready in its own time", async () => {
    const { api, watches, clock, run, state } = setUp();
    run(apply(1, { policy: { timeoutSeconds: 30 } }));
    await settle();
    watches.show(ready(await current(api), 1, "False"));
    await settle();
    await clock.advance(31_000);
    await settle();
    expect(state.outcome).toMatchObject({ outcome: "failed" });
    expect(state.outcome?.error).toContain("Said");
  });

  it("stops following when the job is closed by a newer one", async () => {
    const { api, watches, controlPlane, run, state } = setUp();
    run(apply(1));
    await settle();
    controlPlane.closed.add("apply-1");
    watches.show(ready(await current(api), 1, "False"));
    await settle();
    expect(state).toEqual({ outcome: undefined, ended: true });
  });

  it("waits while the API server is away, and fails at once for what it calls invalid", async () => {
    const { api, clock, run, state } = setUp();
    let isAway = true;
    api.beforeWrite = () => {
      if (isAway) throw new KubeError("away", { status: 503, reason: "x" });
      throw new KubeError("denied by policy", { status: 422, reason: "y" });
    };
    run(apply(1));
    await settle();
    await clock.advance(20_000);
    await settle();
    expect(state.ended).toBe(false);
    isAway = false;
    await clock.advance(20_000);
    await settle();
    expect(state.outcome).toMatchObject({
      outcome: "failed",
      error: "denied by policy",
    });
  });

  it.each([
    [4, undefined],
    [5, "failed"],
  ])(
    "after %i denials in a row its outcome is %s: one that passes is not the job's failure",
    async (denials, outcome) => {
      const { api, clock, run, state } = setUp();
      let left = denials;
      api.beforeWrite = () => {
        if (left-- > 0)
          throw new KubeError("not yet", { status: 403, reason: "Forbidden" });
      };
      run(apply(1));
      for (let step = 0; step < 20; step += 1) {
        await settle();
        await clock.advance(1_000);
      }
      expect(state.outcome?.outcome).toBe(outcome);
      expect(api.writes).toHaveLength(outcome === undefined ? 1 : 0);
    },
  );

  it("deletes what it read and succeeds when it is gone", async () => {
    const { api, watches, run, state } = setUp();
    const metadata = { finalizers: ["x/y"] } as KubeObject["metadata"];
    const object = api.put(existing(4, { metadata }));
    run(remove(5));
    await settle();
    expect(api.writes).toEqual(["delete ApplicationInstance shop/web"]);
    expect(state.ended).toBe(false);
    await api.patch(
      REF,
      { metadata: { finalizers: [] } },
      { fieldManager: "x" },
    );
    watches.hide(object);
    await settle();
    expect(state.outcome?.outcome).toBe("succeeded");
  });

  it("deletes no newer generation, not even one that comes between its read and its delete", async () => {
    const { api, clock, run, state } = setUp();
    api.put(existing(4));
    let isFirst = true;
    api.beforeWrite = () => {
      if (isFirst) api.put(existing(6));
      isFirst = false;
    };
    run(remove(5));
    await advanceUntil(clock, () => state.ended, 60_000);
    expect(state.outcome?.outcome).toBe("noop");
    expect(await api.get(REF)).toBeDefined();
  });

  it("takes an object that is gone already for deleted", async () => {
    const { run, state } = setUp();
    run(remove(5));
    await settle();
    expect(state.outcome?.outcome).toBe("succeeded");
  });

  it("deletes nothing where the namespace has not opted in", async () => {
    const { api, run, state } = setUp();
    api.put({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop", labels: {} },
    });
    api.put(existing(4));
    run(remove(5));
    await settle();
    expect(state.outcome?.error).toContain("managed-by=vworkspace");
    expect(api.writes).toEqual([]);
  });

  it("creates a missing namespace with what releases need, also when it died in the middle", async () => {
    const { api, run } = setUp();
    api.objects.clear();
    let isFirst = true;
    api.beforeWrite = (write) => {
      if (write.startsWith("apply ServiceAccount") && isFirst) {
        isFirst = false;
        throw new KubeError("killed", { status: 400, reason: "x" });
      }
    };
    run(apply(1));
    await settle();
    expect(await api.get(REF)).toBe(undefined);
    run(apply(1));
    await settle();
    expect(api.writes).toEqual([
      "create Namespace shop",
      "apply RoleBinding shop/vworkspace-agent",
      "apply RoleBinding shop/vworkspace-agent",
      "apply ServiceAccount shop/vworkspace-release",
      "apply RoleBinding shop/vworkspace-release",
      "apply ServiceAccount shop/vworkspace-operation-runner",
      "create ApplicationInstance shop/web",
    ]);
  });

  it("rotates the credential when told to", async () => {
    const { controlPlane, run, state } = setUp();
    run({
      ...apply(1),
      kind: "intent",
      payload: { intent: "rotate-operator-credentials" },
    });
    await settle();
    expect(controlPlane.rotations).toBe(1);
    expect(state.outcome?.outcome).toBe("succeeded");
  });

  it.each([LOCAL_REASONS.notLeading, LOCAL_REASONS.aborted])(
    "says nothing about a job whose write was given up as %s with the term",
    async (reason) => {
      const { api, run, state } = setUp();
      const term = new AbortController();
      api.beforeWrite = () => {
        term.abort();
        throw new KubeError("not written", { status: 0, reason });
      };
      run(apply(1), term.signal);
      await settle();
      expect(state).toEqual({ outcome: undefined, ended: true });
    },
  );

  it("gives an object its time whatever the time of day is set to", async () => {
    const { api, clock, run, state, watches } = setUp();
    run(apply(1, { policy: { timeoutSeconds: 600 } }));
    await settle();
    clock.setTimeOfDay(3_600_000);
    await clock.advance(599_000);
    await settle();
    expect(state.ended).toBe(false);
    watches.show(ready(await current(api), 1));
    await settle();
    expect(state.outcome).toMatchObject({ outcome: "succeeded" });
  });
});
