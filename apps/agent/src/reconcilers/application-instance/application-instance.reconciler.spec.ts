import { ManualClock } from "@vworkspace/kernel";
import { ConflictError, KubeError, type KubeObject } from "@vworkspace/kube";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";
import type { NewEvent, Reporter } from "../../reporting/reporter";
import { deployed, fetched, instance } from "../../testing/flux-objects";
import { FakeProber } from "../../testing/fake-prober";
import { KeptClusterEvents } from "../../testing/kept-cluster-events";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import { MemoryWatches } from "../../testing/memory-watches";
import { ConditionTeller } from "../condition-teller";
import { DerivedWriter } from "./actions/derived-writer";
import { InstanceActions } from "./actions/instance-actions";
import { ApplicationInstanceReconciler } from "./application-instance.reconciler";
import { InstanceObserver } from "./instance.observe";
import { mayKnock } from "./probes/leads-outside";
import { ProbeRounds } from "./probes/probe-rounds";

const REF = { ...APPLICATION_INSTANCE, namespace: "shop", name: "web" };
const NAMESPACE = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", labels: { "managed-by": "vworkspace" } },
};

function setUp() {
  const api = new MemoryKubeApi();
  const watches = new MemoryWatches();
  const clock = new ManualClock();
  const events: NewEvent[] = [];
  const reporter = {
    report: (event: NewEvent) => Promise.resolve(void events.push(event)),
  } as Pick<Reporter, "report"> as Reporter;
  const writer = new DerivedWriter(api);
  const clusterEvents = new KeptClusterEvents();
  const prober = new FakeProber();
  const probes = new ProbeRounds({
    clock,
    prober,
    random: () => 0,
    mayKnock: (...at) => mayKnock({ api, watches }, ...at),
  });
  const reconciler = new ApplicationInstanceReconciler({
    api,
    writer,
    observer: new InstanceObserver({ api, watches, writer, probes, clock }),
    actions: new InstanceActions(api, writer),
    teller: new ConditionTeller({ reporter, clusterEvents }),
    clock,
  });
  watches.show(NAMESPACE);
  api.put({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "vworkspace-release", namespace: "shop" },
  });
  /** Reconciles until nothing more is to be done at once. */
  const run = async () => {
    for (let count = 0; count < 20; count += 1) {
      const outcome = await reconciler.reconcile("shop/web");
      if (outcome.type !== "again") return outcome;
    }
    throw new Error("it never comes to rest");
  };
  const conditions = async () => {
    const found = await api.get<KubeObject>(REF);
    const status = found?.["status"] as {
      conditions: { type: string; status: string; reason: string }[];
    };
    return Object.fromEntries(
      status.conditions.map((item) => [
        item.type,
        `${item.status} ${item.reason}`,
      ]),
    );
  };
  return { api, watches, clock, events, clusterEvents, run, conditions };
}

function asObject(of: ReturnType<typeof instance>): KubeObject {
  return of;
}

describe("ApplicationInstanceReconciler", () => {
  it("takes the finalizer, writes source and release, and rests", async () => {
    const { api, run, conditions } = setUp();
    api.put(asObject(instance({}, { finalizers: [] })));
    expect((await run()).type).toBe("settled");
    expect(api.writes.filter((write) => !write.startsWith("status"))).toEqual([
      "patch ApplicationInstance shop/web",
      "apply OCIRepository shop/web",
      "apply HelmRelease shop/web",
    ]);
    expect(await conditions()).toMatchObject({ Ready: "False Installing" });
  });

  it("writes nothing more when it is run again, and tells of nothing", async () => {
    const { api, run, events } = setUp();
    api.put(asObject(instance()));
    await run();
    const writes = api.writes.length;
    const told = events.length;
    await run();
    await run();
    expect(api.writes).toHaveLength(writes);
    expect(events).toHaveLength(told);
  });

  it("says Ready, and tells of it, when Flux has deployed what is wanted", async () => {
    const { api, run, conditions, events } = setUp();
    const web = instance();
    api.put(asObject(web));
    await run();
    api.put(fetched(web));
    api.put(deployed(web));
    await run();
    expect(await conditions()).toMatchObject({
      Ready: "True HelmReleaseReady",
    });
    expect(events.at(-1)?.resourceRef).toMatchObject({ name: "web" });
    expect(
      events.some(({ conditions: told }) => told?.[0]?.status === "True"),
    ).toBe(true);
  });

  it("undoes what somebody changed in the release", async () => {
    const { api, run } = setUp();
    const web = instance();
    api.put(asObject(web));
    await run();
    const release = deployed(web);
    api.put({
      ...release,
      spec: { ...release.spec, serviceAccountName: "cluster-admin" },
    });
    await run();
    const after = api.objects.get("HelmRelease shop/web");
    expect(after?.["spec"]).toMatchObject({
      serviceAccountName: "vworkspace-release",
    });
  });

  it("only says what is missing where the namespace has not opted in, until it has", async () => {
    const { api, watches, run, conditions, clusterEvents } = setUp();
    watches.hide(NAMESPACE);
    api.put({ ...NAMESPACE, metadata: { name: "shop" } });
    api.put(asObject(instance({}, { finalizers: [] })));
    expect((await run()).type).toBe("settled");
    await run();
    expect(api.writes).toEqual(["status ApplicationInstance shop/web"]);
    expect(await conditions()).toMatchObject({
      Ready: "Unknown Reconciling",
      Blocked: "True MissingDependencies",
    });
    expect(clusterEvents.told.map(({ note }) => note).join()).toContain(
      "kubectl label namespace shop managed-by=vworkspace",
    );
    watches.show(NAMESPACE);
    await run();
    expect(await conditions()).toMatchObject({
      Ready: "False Installing",
      Blocked: "False Unblocked",
    });
  });

  it("lets go of what is deleted where the namespace has opted out, uninstalls nothing, and says so", async () => {
    const { api, watches, run, clusterEvents } = setUp();
    const web = instance();
    api.put(asObject(web));
    await run();
    api.put(fetched(web));
    api.put(deployed(web));
    await run();
    const known = api.objects.get("ApplicationInstance shop/web");
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    api.put({
      ...(known as KubeObject),
      metadata: { ...(known as KubeObject).metadata, deletionTimestamp },
    });
    watches.hide(NAMESPACE);
    api.put({ ...NAMESPACE, metadata: { name: "shop" } });
    const before = api.writes.length;
    await run();
    expect(api.writes.slice(before)).toEqual([
      "status ApplicationInstance shop/web",
      "patch ApplicationInstance shop/web",
    ]);
    const left = api.objects.get("ApplicationInstance shop/web");
    expect(left?.metadata.finalizers ?? []).toEqual([]);
    expect(api.objects.has("HelmRelease shop/web")).toBe(true);
    const { note } = clusterEvents.told.at(-1) ?? { note: "" };
    expect(note).toContain("nothing is uninstalled");
    expect(note).toContain("kubectl -n shop delete helmrelease web");
  });

  it("takes a namespace for opted in that only a watch doesn't know yet", async () => {
    const { api, watches, run, conditions } = setUp();
    watches.hide(NAMESPACE);
    api.put(NAMESPACE);
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    const web = instance({}, { deletionTimestamp });
    api.put(asObject(web));
    api.put(deployed(web, {}, { finalizers: ["finalizers.fluxcd.io"] }));
    await run();
    expect(await conditions()).toMatchObject({ Deleting: "True Uninstalling" });
  });

  it("names the binding that a namespace lacks which has the label alone, and takes no finalizer", async () => {
    const { api, run, conditions, clusterEvents } = setUp();
    const get = api.get.bind(api);
    const forbidden = new KubeError("forbidden", {
      status: 403,
      reason: "Forbidden",
    });
    api.get = (ref) =>
      ref.kind === "ServiceAccount" ? Promise.reject(forbidden) : get(ref);
    api.put(asObject(instance({}, { finalizers: [] })));
    expect((await run()).type).toBe("recheck");
    expect(api.writes).toEqual(["status ApplicationInstance shop/web"]);
    expect(await conditions()).toMatchObject({
      Blocked: "True MissingDependencies",
    });
    expect(clusterEvents.told.map(({ note }) => note).join()).toContain(
      "vworkspace-agent-namespace",
    );
    api.get = get;
    await run();
    expect(await conditions()).toMatchObject({ Ready: "False Installing" });
  });

  it("is blocked without Flux and without its service account, one after the other", async () => {
    const { api, watches, run, conditions } = setUp();
    api.objects.clear();
    api.put(asObject(instance()));
    watches.unserved.add("HelmRelease");
    expect((await run()).type).toBe("recheck");
    expect(await conditions()).toMatchObject({
      Blocked: "True MissingDependencies",
    });
    watches.unserved.clear();
    await run();
    expect(api.writes.some((write) => write.includes("HelmRelease"))).toBe(
      false,
    );
  });

  it("says what the API server refused, and goes on when it no longer does", async () => {
    const { api, run, conditions } = setUp();
    api.put(asObject(instance()));
    let isOwned = true;
    api.beforeWrite = (write) => {
      if (!isOwned || !write.startsWith("apply HelmRelease")) return;
      const field = ".spec.suspend";
      throw new ConflictError("conflict", { status: 409, reason: "Conflict" }, [
        { manager: "flux", field },
      ]);
    };
    expect((await run()).type).toBe("recheck");
    expect(await conditions()).toMatchObject({
      Ready: "False HelmReleaseFailed",
    });
    const statuses = api.writes.length;
    await run();
    expect(api.writes).toHaveLength(statuses);
    isOwned = false;
    await run();
    expect(await conditions()).toMatchObject({ Ready: "False Installing" });
  });

  it("leaves a failure that may pass to the runner", async () => {
    const { api, run } = setUp();
    api.put(asObject(instance()));
    api.beforeWrite = () => {
      throw new KubeError("away", { status: 503, reason: "x" });
    };
    await expect(run()).rejects.toThrow("away");
  });

  it("resumes a suspended release before it deletes it, and lets go when its Secrets are gone", async () => {
    const { api, run, conditions } = setUp();
    const web = instance({ suspend: true });
    api.put(asObject(web));
    api.put(deployed(web, {}, { finalizers: ["finalizers.fluxcd.io"] }));
    const secret = api.put({
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: "sh.helm.release.v1.web.v1",
        namespace: "shop",
        labels: { owner: "helm", name: "web" },
      },
    });
    await run();
    await api.delete(REF);
    await run();
    const release = api.objects.get("HelmRelease shop/web");
    expect(release?.["spec"]).toMatchObject({ suspend: false });
    expect(release?.metadata.deletionTimestamp).toBeDefined();
    api.objects.delete("HelmRelease shop/web");
    await run();
    expect(await conditions()).toMatchObject({
      Deleting: "True WaitingForChildResources",
    });
    await api.delete({
      ...secret,
      name: secret.metadata.name,
      namespace: "shop",
    });
    await run();
    expect(await api.get(REF)).toBe(undefined);
  });

  it("waits for values in a Secret and makes Flux look when they change", async () => {
    const { api, run, conditions } = setUp();
    const values = {
      source: "secretRef",
      secretRef: { name: "v", key: "values.yaml" },
    };
    api.put(asObject(instance({ values })));
    expect((await run()).type).toBe("recheck");
    expect(await conditions()).toMatchObject({
      Ready: "False WaitingForSecret",
    });
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "v", namespace: "shop" },
      data: { "values.yaml": "e30=" },
    };
    const requested = () =>
      api.objects.get("HelmRelease shop/web")?.metadata.annotations?.[
        "reconcile.fluxcd.io/requestedAt"
      ];
    api.put(secret);
    await run();
    const first = requested();
    expect(first).toBeDefined();
    api.put(secret);
    await run();
    expect(requested()).not.toBe(first);
  });

  it("tells people of each transition, and of nothing twice", async () => {
    const { api, run, clusterEvents } = setUp();
    api.put(asObject(instance()));
    await run();
    await run();
    expect(clusterEvents.told.map(({ reason }) => reason)).toEqual([
      "Installing",
    ]);
  });

  it("tells of a status whose answer got lost when it finds it written", async () => {
    const { api, run, events } = setUp();
    api.put(asObject(instance()));
    api.afterStatus = () => {
      throw new Error("connection reset");
    };
    await expect(run()).rejects.toThrow("connection reset");
    expect(events).toEqual([]);
    api.afterStatus = () => undefined;
    await run();
    const told = events.flatMap(({ conditions = [] }) =>
      conditions.map(
        ({ type, reason, message }) => `${type} ${reason} ${message}`,
      ),
    );
    expect(told.join()).toContain("Ready Installing");
    expect(new Set(told).size).toBe(told.length);
  });

  it("forces nothing onto an object that somebody else made at the last moment", async () => {
    const { api, run } = setUp();
    api.put(asObject(instance({ drift: { mode: "enabled" } })));
    const theirs = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "OCIRepository",
      metadata: { name: "web", namespace: "shop" },
      spec: { url: "oci://theirs.example.com/x" },
    };
    api.beforeWrite = (write) => {
      if (
        write.startsWith("status") &&
        !api.objects.has("OCIRepository shop/web")
      )
        api.put(theirs);
    };
    expect((await run()).type).toBe("recheck");
    const source = api.objects.get("OCIRepository shop/web");
    expect(source?.["spec"]).toEqual(theirs.spec);
  });

  it("looks again when a drift runs out that nobody tells of any more", async () => {
    const { api, watches, clock, run, conditions } = setUp();
    const web = instance();
    api.put(asObject(web));
    await run();
    api.put(fetched(web));
    const release = api.put(deployed(web));
    watches.show({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "web.1", namespace: "shop" },
      reason: "DriftDetected",
      message: "Cluster state has drifted:\nService/shop/web removed",
      involvedObject: { uid: release.metadata.uid },
      lastTimestamp: clock.timestamp(),
    });
    const outcome = await run();
    expect(await conditions()).toMatchObject({ Degraded: "True Drifted" });
    expect(outcome).toEqual({ type: "recheck", afterMs: 25 * 60_000 });
    await clock.advance(25 * 60_000);
    await run();
    expect(await conditions()).toMatchObject({ Degraded: "False Recovered" });
  });

  describe("when it is deleted and its namespace", () => {
    function deleting(namespace: Partial<KubeObject["metadata"]>) {
      const parts = setUp();
      parts.watches.show({
        ...NAMESPACE,
        metadata: { ...NAMESPACE.metadata, ...namespace },
      });
      const deletionTimestamp = "2026-01-01T00:00:00Z";
      parts.api.put(asObject(instance({}, { deletionTimestamp })));
      const list = parts.api.list.bind(parts.api);
      parts.api.list = (kind, options) =>
        kind.kind === "Secret"
          ? Promise.reject(
              new KubeError("no", { status: 403, reason: "Forbidden" }),
            )
          : list(kind, options);
      return parts;
    }

    it("is going too, lets go although it may read nothing there any more", async () => {
      const { api, run } = deleting({
        deletionTimestamp: "2026-01-01T00:00:00Z",
      });
      await run();
      expect(await api.get(REF)).toBe(undefined);
    });

    it("stays, does not take what it may not read for gone", async () => {
      const { api, run, conditions } = deleting({});
      expect((await run()).type).toBe("recheck");
      expect(await api.get(REF)).toBeDefined();
      expect(await conditions()).toMatchObject({
        Deleting: "True WaitingForChildResources",
      });
    });
  });
});
