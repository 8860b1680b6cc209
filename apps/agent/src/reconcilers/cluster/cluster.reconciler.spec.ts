import { ManualClock } from "@vworkspace/kernel";
import type { KubeObject } from "@vworkspace/kube";
import { CLUSTER } from "@vworkspace/resources";
import { ControlPlaneTime } from "../../control-plane/control-plane-time";
import { Link } from "../../control-plane/link";
import type { NewEvent, Reporter } from "../../reporting/reporter";
import { KeptClusterEvents } from "../../testing/kept-cluster-events";
import { KeptLog } from "../../testing/kept-log";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import { MemoryWatches } from "../../testing/memory-watches";
import { ConditionTeller } from "../condition-teller";
import type { ClusterCredential } from "./cluster-credential";
import { ClusterReconciler } from "./cluster.reconciler";
import { ControllerObserver } from "./controllers.observe";

function setUp() {
  const clock = new ManualClock();
  const link = new Link(clock);
  const api = new MemoryKubeApi();
  const watches = new MemoryWatches();
  const told: NewEvent[] = [];
  const reporter = {
    buffer: { queued: 0, dropped: 0 },
    report: (event: NewEvent) => Promise.resolve(told.push(event)),
  } as unknown as Reporter;
  const credential = {
    facts: undefined,
    follow: () => Promise.resolve("asked"),
  } as unknown as ClusterCredential;
  const clusterEvents = new KeptClusterEvents();
  const log = new KeptLog();
  const time = new ControlPlaneTime(clock);
  const reconciler = new ClusterReconciler({
    api,
    watches,
    link,
    teller: new ConditionTeller({ reporter, clusterEvents }),
    reporter,
    credential,
    controllers: new ControllerObserver(api, watches),
    clock,
    time,
    log,
    endpoint: "http://gateway",
    disconnectAfterMs: 120_000,
    agentNamespace: "vworkspace-system",
    agentVersion: "1.0.0",
  });
  const stored = () => api.objects.get("Cluster this-cluster");
  /** A reconcile, after which the watch has told what is there. */
  const reconcile = async () => {
    const outcome = await reconciler.reconcile();
    const object = stored();
    if (object) watches.show(object);
    else watches.hide({ ...CLUSTER, metadata: { name: "this-cluster" } });
    return outcome;
  };
  const put = (object: KubeObject) => watches.show(api.put(object));
  return {
    api,
    link,
    clock,
    time,
    watches,
    told,
    clusterEvents,
    log,
    reconciler,
    reconcile,
    put,
    stored,
  };
}

describe("The reconciler of the Cluster object", () => {
  it("writes it once, and then nothing as long as nothing changes", async () => {
    const { api, reconcile, link, stored, told, clock } = setUp();
    link.registered("c1");
    link.accepted();
    for (let turn = 0; turn < 8; turn += 1) {
      await reconcile();
      await clock.advance(30_000);
      link.accepted();
    }
    expect(api.writes).toEqual([
      "apply Cluster this-cluster",
      "status Cluster this-cluster",
    ]);
    expect(stored()?.["status"]).toMatchObject({
      phase: "Connected",
      lastHandledRotation: "asked",
    });
    const types = told.flatMap(({ conditions = [] }) =>
      conditions.map(({ type }) => type),
    );
    expect(types).toContain("ControllersHealthy");
  });

  it("tells whoever looks with kubectl when the control plane goes away, once", async () => {
    const { reconcile, link, clusterEvents } = setUp();
    link.registered("c1");
    link.accepted();
    await reconcile();
    clusterEvents.told.length = 0;
    link.failed("no route");
    await reconcile();
    await reconcile();
    expect(clusterEvents.told).toMatchObject([
      {
        regarding: { kind: "Cluster", metadata: { name: "this-cluster" } },
        type: "Warning",
        reason: "ControlPlaneUnreachable",
      },
    ]);
  });

  it("says once that the node's clock is another than the control plane's, and once that it isn't any more", async () => {
    const { api, reconcile, link, clock, time, stored, clusterEvents } =
      setUp();
    link.registered("c1");
    link.accepted();
    await reconcile();
    clusterEvents.told.length = 0;
    api.writes.length = 0;
    const hear = (aheadMs: number) =>
      time.answered(new Date(clock.now() + aheadMs).toUTCString());
    for (const aheadMs of [600_000, 601_000, 599_000, 300, 40_000]) {
      hear(aheadMs);
      await reconcile();
    }
    expect(api.writes).toHaveLength(2);
    expect(clusterEvents.told).toMatchObject([
      { type: "Warning", reason: "ClockSkew" },
      { reason: "ClockInStep" },
    ]);
    expect(JSON.stringify(stored()?.["status"])).toContain("ClockInStep");
  });

  it("knows the controllers also where its own kind isn't served", async () => {
    const { reconciler, watches, reconcile, api } = setUp();
    watches.unserved.add("Cluster");
    await reconcile();
    expect(reconciler.controllers?.length).toBeGreaterThan(5);
    expect(api.writes).toEqual([]);
  });

  it("warns once of admission policies that could be there, and only tells where there can't be any", async () => {
    const fenceless = setUp();
    for (let turn = 0; turn < 3; turn += 1) await fenceless.reconcile();
    expect(fenceless.log.entries).toMatchObject([{ level: "warn" }]);
    const old = setUp();
    old.watches.unserved.add("ValidatingAdmissionPolicy");
    for (let turn = 0; turn < 3; turn += 1) await old.reconcile();
    expect(old.log.entries).toMatchObject([{ level: "info" }]);
  });

  it("follows the object's own limit of silence", async () => {
    const { put, reconcile, link, clock, stored } = setUp();
    const spec = { connectivity: { disconnectAfterSeconds: 10 } };
    put({ ...CLUSTER, metadata: { name: "this-cluster" }, spec });
    link.registered("c1");
    link.accepted();
    await clock.advance(11_000);
    await reconcile();
    expect(stored()?.["status"]).toMatchObject({ phase: "Disconnected" });
  });

  it("lets it go, saying so, and writes another one", async () => {
    const { put, api, watches, reconcile, stored } = setUp();
    const name = "this-cluster";
    const finalizers = ["ops.vworkspace.io/cluster-cleanup", "else/keeps"];
    put({ ...CLUSTER, metadata: { name, finalizers }, spec: {} });
    await reconcile();
    await api.delete({ ...CLUSTER, name });
    put(stored() as KubeObject);
    await reconcile();
    expect(stored()?.["status"]).toMatchObject({ phase: "Terminating" });
    await reconcile();
    expect(stored()?.metadata.finalizers).toEqual(["else/keeps"]);
    await reconcile();
    const metadata = { ...(stored() as KubeObject).metadata, finalizers: [] };
    api.objects.set(`Cluster ${name}`, { ...CLUSTER, metadata });
    await api.delete({ ...CLUSTER, name });
    expect(stored()).toBe(undefined);
    watches.hide({ ...CLUSTER, metadata: { name } });
    await reconcile();
    expect(stored()?.["spec"]).toEqual({
      controlPlaneEndpoint: "http://gateway",
    });
  });
});
