import type { KubeObject } from "@vworkspace/kube";
import { AgentBench, type RunningAgent } from "../../testing/agent-bench";
import { eventually } from "../../../../../test/cluster/eventually";
import { CHART, InstanceCourses } from "../../testing/instance-courses";
import { GATEWAY, gatewayDefinitions } from "../../testing/gateway-definitions";
import {
  HELM_RELEASE,
  HELM_REPOSITORY,
  HTTP_ROUTE,
  OCI_REPOSITORY,
} from "../../watches/watched-kinds";

let bench: AgentBench;
let agent: RunningAgent;
let shop: InstanceCourses;

beforeAll(async () => {
  bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"]);
  await bench.installFlux();
  agent = await bench.startAgent();
  shop = new InstanceCourses(bench, await bench.optedIn("courses"));
}, 600_000);

afterAll(async () => {
  await agent?.stop();
  await bench?.stop();
});

function statusOf(object: KubeObject | undefined) {
  return (object?.["status"] ?? {}) as Readonly<Record<string, unknown>>;
}

/** As helm-controller labels what it installs. */
function labelsOf(name: string) {
  return {
    "helm.toolkit.fluxcd.io/name": name,
    "helm.toolkit.fluxcd.io/namespace": shop.namespace,
  };
}

describe("An instance that goes well", () => {
  it("is installed, upgraded and brought back to an earlier version", async () => {
    const installed = await shop.ready("web");
    expect(statusOf(installed)).toMatchObject({
      helmReleaseRef: { name: "web", namespace: shop.namespace },
      history: [{ revision: 1, status: "deployed" }],
      inventory: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web" }],
    });
    await shop.ready("web", { chart: { ...CHART, version: "1.3.0" } });
    const back = await shop.ready("web");
    const { lastAppliedChart, history } = statusOf(back) as {
      lastAppliedChart: { version: string };
      history: { revision: number }[];
    };
    expect(lastAppliedChart.version).toMatch(/^1\.2\.3\+/);
    expect(history[0]?.revision).toBe(3);
  });

  it("is Ready at once as a placeholder, and becomes nothing of Flux's", async () => {
    const object = {
      apiVersion: "apps.vworkspace.io/v1alpha1",
      kind: "ApplicationInstance",
      metadata: { name: "ground" },
      spec: { mode: "placeholder", appRef: { catalogId: "cluster" } },
    };
    await shop.create(object);
    await shop.becomes("ground", "Ready True Placeholder");
    expect(await shop.get(HELM_RELEASE, "ground")).toBe(undefined);
    await shop.delete("ground");
    await shop.isGone("ground");
  });

  it("moves from an OCI registry to a Helm repository and back, and leaves no source behind", async () => {
    await shop.ready("moving");
    const chart = {
      ...CHART,
      sourceType: "helm",
      url: "https://charts.example.com",
    };
    await shop.ready("moving", { chart });
    expect(await shop.get(HELM_REPOSITORY, "moving")).toBeDefined();
    await eventually(
      "the old source is gone",
      async () => (await shop.get(OCI_REPOSITORY, "moving")) === undefined,
    );
    expect(await shop.releaseSpec("moving")).toMatchObject({
      chart: { spec: { sourceRef: { kind: "HelmRepository" } } },
    });
    await shop.ready("moving", { chart: CHART });
    await eventually(
      "the repository is gone",
      async () => (await shop.get(HELM_REPOSITORY, "moving")) === undefined,
    );
  });

  it("takes values from ConfigMap, Secret and inline, and has Flux look as soon as one of them changes", async () => {
    const key = "values.yaml";
    const values = {
      source: "merge",
      inline: { replicas: 2 },
      configMapRef: { name: "plain", key },
      secretRef: { name: "hidden", key },
    };
    await shop.apply("fed", { values });
    await shop.becomes("fed", "Blocked True MissingDependencies");
    const configMap = { apiVersion: "v1", kind: "ConfigMap" };
    await shop.create({
      ...configMap,
      metadata: { name: "plain" },
      data: { [key]: "a: 1" },
    });
    await shop.becomes("fed", "Ready False WaitingForSecret");
    await shop.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "hidden" },
      stringData: { [key]: "b: 1" },
    });
    await shop.becomes("fed", "Ready True HelmReleaseReady");
    expect(await shop.releaseSpec("fed")).toMatchObject({
      values: { replicas: 2 },
      valuesFrom: [{ kind: "ConfigMap" }, { kind: "Secret" }],
    });
    const requested = async () =>
      (await shop.get(HELM_RELEASE, "fed"))?.metadata.annotations?.[
        "reconcile.fluxcd.io/requestedAt"
      ];
    const before = await requested();
    await shop.edit(shop.ref(configMap, "plain"), { data: { [key]: "a: 2" } });
    // Well before the agent looks by itself.
    await eventually(
      "Flux is asked to look",
      async () => (await requested()) !== before,
      10_000,
    );
  });

  it("changes the release with its inline values", async () => {
    await shop.ready("web");
    const values = { source: "inline", inline: { replicas: 7 } };
    await shop.ready("web", { values });
    expect(await shop.releaseSpec("web")).toMatchObject({
      values: { replicas: 7 },
    });
  });

  it("shows where it is reached, as its objects come and go", async () => {
    await bench.install(gatewayDefinitions());
    await shop.ready("seen");
    const ingress = {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "seen", labels: labelsOf("seen") },
      spec: {
        rules: [{ host: "seen.example.com" }],
        tls: [{ hosts: ["seen.example.com"] }],
        defaultBackend: { service: { name: "seen", port: { number: 80 } } },
      },
    };
    await shop.create(ingress);
    await shop.create({
      ...GATEWAY,
      metadata: { name: "edge" },
      spec: { listeners: [{ name: "tls", port: 8443, protocol: "HTTPS" }] },
    });
    await shop.create({
      ...HTTP_ROUTE,
      metadata: { name: "seen", labels: labelsOf("seen") },
      spec: {
        hostnames: ["route.example.com"],
        parentRefs: [{ name: "edge" }],
      },
    });
    const urls = async () => {
      const { endpoints = [] } = statusOf(await shop.instance("seen")) as {
        endpoints?: { url: string }[];
      };
      return endpoints.map(({ url }) => url).join(" ");
    };
    await eventually(
      "Ingress and HTTPRoute show",
      async () =>
        (await urls()) ===
        "https://seen.example.com https://route.example.com:8443",
    );
    await bench.api.delete(shop.ref(ingress, "seen"));
    await bench.api.delete(shop.ref(HTTP_ROUTE, "seen"));
    await eventually("they are gone", async () => (await urls()) === "");
  }, 90_000);

  it("tells whoever looks with kubectl what became of it, once for each transition", async () => {
    await shop.ready("told");
    for (const suspend of [true, false, true, false]) {
      await shop.apply("told", { suspend });
      await shop.becomes(
        "told",
        suspend ? "Suspended True ManuallySuspended" : "Suspended False Active",
      );
    }
    const events = await eventually("all is told", async () => {
      const seen = await shop.events("told");
      return seen.includes("Normal Active ×2") && seen;
    });
    expect(events).toEqual(
      expect.arrayContaining([
        "Normal Installing ×1",
        "Normal ManuallySuspended ×2",
      ]),
    );
  });
});

describe("An instance that is held back", () => {
  it("changes nothing while it is suspended, and catches up when it is resumed", async () => {
    await shop.ready("held");
    const chart = { ...CHART, version: "1.4.0" };
    await shop.apply("held", { suspend: true });
    await shop.becomes("held", "Suspended True ManuallySuspended");
    await shop.apply("held", { suspend: true, chart });
    await shop.becomes("held", "Suspended True ManuallySuspended");
    const source = await shop.get(OCI_REPOSITORY, "held");
    expect(source?.["spec"]).toMatchObject({ ref: { tag: CHART.version } });
    const resumed = await shop.ready("held", { chart });
    const { history } = statusOf(resumed) as {
      history: { chartVersion: string }[];
    };
    expect(history[0]?.chartVersion).toMatch(/^1\.4\.0/);
  });

  it("waits with a change for its maintenance window, and names it", async () => {
    const hour = (new Date().getUTCHours() + 12) % 24;
    const closed = { cron: `0 ${hour} * * *`, durationMinutes: 60 };
    const open = { cron: "* * * * *", durationMinutes: 60 };
    const policy = { maintenanceWindows: [closed] };
    const chart = { ...CHART, version: "1.4.0" };
    await shop.ready("nightly", { policy });
    await shop.apply("nightly", { policy, chart });
    const waiting = await shop.becomes(
      "nightly",
      "Suspended True MaintenanceWindow",
    );
    expect(JSON.stringify(waiting["status"])).toContain(
      `T${String(hour).padStart(2, "0")}:00:00.000Z`,
    );
    const release = await shop.releaseSpec("nightly");
    expect(release["suspend"]).toBe(false);
    const source = await shop.get(OCI_REPOSITORY, "nightly");
    expect(source?.["spec"]).toMatchObject({ ref: { tag: CHART.version } });
    await shop.ready("nightly", {
      policy: { maintenanceWindows: [open] },
      chart,
    });
  });
});

describe("An instance that goes badly", () => {
  it("is installed in the end when installations fail at first", async () => {
    shop.play("third", { failedInstalls: 2 });
    await shop.ready("third");
    const events = await shop.events("third");
    expect(events.join()).toContain("Warning HelmReleaseFailed");
  });

  it("stays Installing when it never becomes ready, and can be deleted then", async () => {
    shop.play("never", { isNeverReady: true });
    await shop.apply("never");
    const never = () => shop.get(HELM_RELEASE, "never");
    await eventually(
      "Flux waits",
      async () => statusOf(await never())["conditions"],
    );
    await shop.becomes("never", "Ready False Installing");
    await shop.delete("never");
    await shop.isGone("never");
  });

  it.each([
    ["unreachable", "no such host"],
    ["unauthorized", "spec.chart.secretRef"],
  ] as const)(
    "says that its chart is %s, degrades when it ran already, and recovers",
    async (chart, words) => {
      const name = `chart-${chart}`;
      await shop.ready(name);
      shop.play(name, { chart });
      await shop.becomes(name, "Degraded True ChartUnreachable");
      const ready = await shop.said(name, "Ready");
      expect(ready).toMatchObject({
        status: "False",
        reason: "ChartUnreachable",
      });
      expect(ready?.message).toContain(words);
      shop.play(name, {});
      await shop.becomes(name, "Degraded False Recovered");
      await shop.becomes(name, "Ready True HelmReleaseReady");
    },
    60_000,
  );

  it("names the place where a chart should come from and that isn't there", async () => {
    shop.play("nowhere", { chart: "gone" });
    await shop.apply("nowhere");
    await shop.becomes("nowhere", "Blocked True MissingChartSource");
    await shop.delete("nowhere");
    await shop.isGone("nowhere");
  });

  it.each([
    [true, "rolled back", "1.2.3"],
    [false, "left as it failed", "1.3.0"],
  ])(
    "with rollbackOnFailure %s a failed upgrade is %s, and an earlier intent heals it",
    async (rollbackOnFailure, _, newest) => {
      const name = `upgrade-${rollbackOnFailure}`;
      const policy = { rollbackOnFailure };
      await shop.ready(name, { policy });
      shop.play(name, { doUpgradesFail: true });
      await shop.apply(name, {
        policy,
        chart: { ...CHART, version: "1.3.0" },
      });
      const failed = await shop.becomes(
        name,
        "Degraded True HelmReleaseDegraded",
      );
      await shop.becomes(name, "Ready False HelmReleaseFailed");
      const { history } = statusOf(failed) as {
        history: { chartVersion: string }[];
      };
      expect(history[0]?.chartVersion.split("+")[0]).toBe(newest);
      shop.play(name, {});
      await shop.ready(name, { policy });
      await shop.becomes(name, "Degraded False Recovered");
    },
    60_000,
  );

  it("is degraded while a declared probe finds nobody, and when it would lead elsewhere", async () => {
    const probe = {
      name: "front",
      type: "tcp",
      service: "nobody",
      port: 80,
      periodSeconds: 5,
      failureThreshold: 1,
    };
    await shop.ready("probed", { probes: [probe] });
    await shop.becomes("probed", "Degraded True EndpointUnreachable");
    const said = await shop.said("probed", "Degraded");
    expect(said?.message).toContain(`tcp://nobody.${shop.namespace}.svc:80`);
    await shop.create({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "elsewhere" },
      spec: { type: "ExternalName", externalName: "metadata.example.com" },
    });
    const outside = { ...probe, service: "elsewhere" };
    await shop.apply("probed", { probes: [outside] });
    await eventually("it is refused", async () => {
      const degraded = await shop.said("probed", "Degraded");
      return degraded?.message.includes("ExternalName");
    });
    await shop.ready("probed");
    await shop.becomes("probed", "Degraded False Recovered");
  });
});

describe("An installation that drifts", () => {
  const objects = [
    `Deployment/shop/web changed (0 additions, 1 changes, 0 removals)`,
    "Service/shop/web removed",
  ];

  it.each(["warn", "enabled", "disabled"] as const)(
    "is told of in mode %s",
    async (mode) => {
      const name = `drift-${mode}`;
      await shop.ready(name, { drift: { mode } });
      await bench.fluxStandIn.drift(shop.namespace, name, objects);
      if (mode === "warn") {
        await shop.becomes(name, "Degraded True Drifted");
        const degraded = await shop.said(name, "Degraded");
        expect(degraded?.message).toContain(objects.join("; "));
        await shop.becomes(name, "Ready True HelmReleaseReady");
        return;
      }
      // Corrected at once, or not looked for: nothing is left to tell.
      await shop.apply(name, {
        drift: { mode },
        values: { source: "inline", inline: { replicas: 3 } },
      });
      await shop.becomes(name, "Ready True HelmReleaseReady");
      const degraded = await shop.said(name, "Degraded");
      expect(degraded?.status ?? "False").toBe("False");
    },
    60_000,
  );
});
