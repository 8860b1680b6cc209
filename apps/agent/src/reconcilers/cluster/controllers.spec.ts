import type { KubeObject } from "@vworkspace/kube";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import { MemoryWatches } from "../../testing/memory-watches";
import {
  CUSTOM_RESOURCE_DEFINITION,
  DAEMON_SET,
  DEPLOYMENT,
  NAMESPACE,
} from "../../watches/watched-kinds";
import {
  controllersHealthy,
  controllerStates,
  type ControllerFacts,
  type MissingPolicies,
} from "./controllers.decide";
import { ControllerObserver } from "./controllers.observe";
import { KNOWN_CONTROLLERS } from "./controllers.table";

const FLUX = [
  "helmrepositories.source.toolkit.fluxcd.io",
  "ocirepositories.source.toolkit.fluxcd.io",
  "helmreleases.helm.toolkit.fluxcd.io",
];
const VELERO = ["backups.velero.io", "restores.velero.io"];

interface DeploymentWish {
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly image?: string;
  readonly isAvailable?: boolean;
  readonly replicas?: number;
}

function deployment(name: string, wish: DeploymentWish = {}): KubeObject {
  const { namespace = "flux-system", labels = {}, replicas = 1 } = wish;
  const { image = `ghcr.io/x/${name}:v1.2.3`, isAvailable = true } = wish;
  return {
    ...DEPLOYMENT,
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      template: { spec: { containers: [{ name: "manager", image }] } },
    },
    status: {
      conditions: [
        {
          type: "Available",
          status: isAvailable ? "True" : "False",
          message: isAvailable ? "" : "no minimum availability.",
        },
      ],
    },
  };
}

function daemonSet(name: string, numberAvailable: number): KubeObject {
  const labels = { "app.kubernetes.io/name": name };
  return {
    ...DAEMON_SET,
    metadata: { name, namespace: "kube-system", labels },
    spec: { template: { spec: { containers: [{ image: "r:5000/x" }] } } },
    status: { numberAvailable },
  };
}

function setUp() {
  const api = new MemoryKubeApi();
  const watches = new MemoryWatches();
  let reads = 0;
  const get = api.get.bind(api);
  api.get = (ref) => {
    reads += 1;
    return get(ref);
  };
  const observer = new ControllerObserver(api, watches);
  const define = (...names: readonly string[]) => {
    for (const name of names)
      watches.show({ ...CUSTOM_RESOURCE_DEFINITION, metadata: { name } });
  };
  /** Puts it there, and shows its metadata as the watch would. */
  const run = (object: KubeObject) => {
    const { apiVersion, kind, metadata } = api.put(object);
    watches.show({ apiVersion, kind, metadata });
  };
  const look = async () => {
    const states = controllerStates(
      (await observer.observe()) ?? {
        definitions: new Set(),
        workloads: new Map(),
      },
    );
    const of = (name: string) => states.find((state) => state.name === name);
    return { states, of, condition: controllersHealthy(states) };
  };
  return { api, watches, define, run, look, reads: () => reads };
}

function withFlux() {
  const cluster = setUp();
  cluster.define(...FLUX);
  cluster.run(deployment("source-controller"));
  cluster.run(deployment("helm-controller"));
  return cluster;
}

describe("The controllers of a cluster", () => {
  it("are all well where Flux works and nothing else is installed", async () => {
    const { look } = withFlux();
    const { states, of, condition } = await look();
    expect(condition).toMatchObject({ reason: "AllControllersReady" });
    expect(states.map(({ name }) => name)).toEqual([
      ...KNOWN_CONTROLLERS.map(({ name }) => name),
      "admission-policies",
    ]);
    expect(of("helm-controller")).toEqual({
      name: "helm-controller",
      present: true,
      ready: true,
      version: "v1.2.3",
    });
    expect(of("velero")).toEqual({
      name: "velero",
      present: false,
      ready: false,
    });
  });

  it("miss what is needed where its API isn't served, and name it", async () => {
    const { look, define } = setUp();
    define(...FLUX.slice(0, 2));
    const { condition } = await look();
    expect(condition.reason).toBe("ControllerMissing");
    expect(condition.message).toContain("helm-controller");
    expect(condition.message).not.toContain("source-controller");
  });

  it("notice an API that comes and goes", async () => {
    const { look, define, watches } = withFlux();
    define(...VELERO);
    expect((await look()).of("velero")).toMatchObject({
      present: true,
      ready: false,
      message: "its API is served, but no Deployment of it was found",
    });
    watches.hide({
      ...CUSTOM_RESOURCE_DEFINITION,
      metadata: { name: "backups.velero.io" },
    });
    expect((await look()).of("velero")).toMatchObject({
      present: false,
      message: "CustomResourceDefinition backups.velero.io is missing",
    });
  });

  it.each([
    ["is not available", { isAvailable: false }, "no minimum availability."],
    ["is scaled to zero", { replicas: 0 }, "is scaled to zero"],
  ])("are degraded where one %s", async (_, wish, message) => {
    const { look, run } = withFlux();
    run(deployment("source-controller", wish));
    const { condition, of } = await look();
    expect(condition.reason).toBe("ControllerDegraded");
    expect(condition.message).toContain(message);
    expect(of("source-controller")).toMatchObject({
      present: true,
      ready: false,
    });
  });

  it("are degraded where an add-on that is installed doesn't work", async () => {
    const { look, define, run } = withFlux();
    define(...VELERO);
    const labels = { "app.kubernetes.io/name": "velero" };
    run(deployment("backup-velero", { labels, isAvailable: false }));
    expect((await look()).condition).toMatchObject({
      reason: "ControllerDegraded",
      message:
        "velero: Deployment flux-system/backup-velero is not available: no minimum availability.",
    });
  });

  it.each([
    ["ghcr.io/fluxcd/helm-controller:v1.4.0", "v1.4.0"],
    ["registry:5000/helm-controller:v1.4.0@sha256:0a", "v1.4.0"],
    ["registry:5000/helm-controller@sha256:0a", "2.6.0"],
    ["registry:5000/helm-controller", "2.6.0"],
  ])("running as %s have version %s", async (image, version) => {
    const { look, run } = withFlux();
    const labels = { "app.kubernetes.io/version": "2.6.0" };
    run(deployment("helm-controller", { image, labels }));
    expect((await look()).of("helm-controller")?.version).toBe(version);
  });

  it("are no fault where a provider may run them out of sight", async () => {
    const { look, define } = withFlux();
    define(
      "volumesnapshots.snapshot.storage.k8s.io",
      "volumesnapshotcontents.snapshot.storage.k8s.io",
    );
    const { of, condition } = await look();
    expect(of("snapshot-controller")).toMatchObject({ ready: true });
    expect(of("ingress-controller")).toMatchObject({ present: false });
    expect(condition.status).toBe("True");
  });

  it("may run as a DaemonSet where that is how an ingress controller runs", async () => {
    const { look, run } = withFlux();
    run(daemonSet("traefik", 0));
    expect((await look()).of("ingress-controller")).toMatchObject({
      present: true,
      ready: false,
      message: "DaemonSet kube-system/traefik is available on no node",
    });
    run(daemonSet("traefik", 2));
    expect((await look()).of("ingress-controller")?.ready).toBe(true);
    // What velero runs on every node isn't velero.
    run(daemonSet("velero", 1));
    expect((await look()).of("velero")).not.toHaveProperty("message");
  });

  it("aren't taken for somebody's application of that name", async () => {
    const { look, run, watches } = withFlux();
    watches.show({ ...NAMESPACE, metadata: { name: "shop" } });
    run(
      deployment("helm-controller", { namespace: "shop", isAvailable: false }),
    );
    expect((await look()).condition.status).toBe("True");
  });

  it("are read once, and again only when they have changed", async () => {
    const { look, run, reads } = withFlux();
    run(deployment("shop", { namespace: "shop" }));
    await look();
    await look();
    expect(reads()).toBe(2);
    run(deployment("helm-controller", { isAvailable: false }));
    expect((await look()).condition.status).toBe("False");
    expect(reads()).toBe(3);
  });

  it("list the admission policies where somebody looked for them", () => {
    const none = { definitions: new Set<string>(), workloads: new Map() };
    const row = (missingPolicies: MissingPolicies) =>
      controllerStates({ ...none, missingPolicies }).at(-1);
    expect(row([])).toMatchObject({ name: "admission-policies", ready: true });
    const missing = row(["a.vworkspace.io"]);
    expect(missing).toMatchObject({
      present: false,
      message: "missing: a.vworkspace.io",
    });
    expect(row("unserved")).toMatchObject({ present: false, ready: false });
  });

  it("don't count policies that name the agent in another namespace than its own", async () => {
    const watches = new MemoryWatches();
    const observer = new ControllerObserver(
      new MemoryKubeApi(),
      watches,
      "elsewhere",
    );
    const facts = await observer.observe();
    expect(facts?.missingPolicies).toBe("elsewhere");
    const last = controllerStates(facts as ControllerFacts).at(-1);
    expect(last).toMatchObject({
      name: "admission-policies",
      ready: false,
      message: expect.stringContaining("vworkspace-system") as string,
    });
  });
});
