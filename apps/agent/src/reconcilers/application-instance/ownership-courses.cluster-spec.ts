import type { KubeObject } from "@vworkspace/kube";
import { ANNOTATIONS } from "@vworkspace/resources";
import { AgentBench, type RunningAgent } from "../../testing/agent-bench";
import { eventually } from "../../../../../test/cluster/eventually";
import { CHART, InstanceCourses } from "../../testing/instance-courses";
import { instance } from "../../testing/flux-objects";
import {
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from "../../watches/watched-kinds";
import { desiredObjects } from "./desired";

let bench: AgentBench;
let agent: RunningAgent;
let shop: InstanceCourses;

beforeAll(async () => {
  bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"]);
  await bench.installFlux();
  agent = await bench.startAgent();
  shop = new InstanceCourses(bench, await bench.optedIn("owners"));
}, 600_000);

afterAll(async () => {
  await agent?.stop();
  await bench?.stop();
});

/** Somebody else's, valid by Flux's own schema. */
function foreignRelease(name: string, releaseName = name): KubeObject {
  return {
    ...HELM_RELEASE,
    metadata: { name },
    spec: {
      releaseName,
      interval: "1h",
      chartRef: { kind: "OCIRepository", name: "theirs" },
    },
  };
}

function foreignSource(name: string): KubeObject {
  return {
    ...OCI_REPOSITORY,
    metadata: { name },
    spec: { url: "oci://theirs.example.com/charts/theirs", interval: "1h" },
  };
}

function foreignRecord(release: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "helm.sh/release.v1",
    metadata: {
      name: `sh.helm.release.v1.${release}.v1`,
      labels: { owner: "helm", name: release, status: "deployed" },
    },
  };
}

describe("An edit of what the agent wrote", () => {
  async function edited(
    name: string,
    mode: string,
    patch: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await shop.ready(name, { drift: { mode } });
    await shop.edit(shop.ref(HELM_RELEASE, name), { spec: patch });
  }

  it.each(["warn", "disabled"])(
    "stays in mode %s, and is told of with manager and path, until a new wish meets it",
    async (mode) => {
      const name = `edit-${mode}`;
      await edited(name, mode, { timeout: "1h" });
      await shop.becomes(name, "Degraded True Drifted");
      const degraded = await shop.said(name, "Degraded");
      expect(degraded?.message).toContain("kubectl-edit");
      expect(degraded?.message).toContain(".spec.timeout");
      expect(await shop.releaseSpec(name)).toMatchObject({ timeout: "1h" });
      await shop.becomes(name, "Ready True HelmReleaseReady");
      await shop.apply(name, {
        drift: { mode },
        policy: { timeoutSeconds: 99 },
      });
      await shop.becomes(name, "Ready False HelmReleaseFailed");
      const ready = await shop.said(name, "Ready");
      expect(ready?.message).toContain("kubectl-edit");
      await shop.edit(shop.ref(HELM_RELEASE, name), {
        spec: { timeout: null },
      });
      await shop.becomes(name, "Ready True HelmReleaseReady");
      expect(await shop.releaseSpec(name)).toMatchObject({ timeout: "99s" });
    },
    120_000,
  );

  it("is taken back in mode enabled", async () => {
    await edited("edit-enabled", "enabled", { timeout: "1h" });
    await eventually("it is as wanted", async () => {
      const spec = await shop.releaseSpec("edit-enabled");
      return spec["timeout"] === "300s";
    });
    await shop.becomes("edit-enabled", "Ready True HelmReleaseReady");
  });

  it("is respected where the field is none of ours", async () => {
    await edited("edit-other", "enabled", { maxHistory: 3 });
    await shop.ready("edit-other", {
      drift: { mode: "enabled" },
      chart: { ...CHART, version: "1.3.0" },
    });
    expect(await shop.releaseSpec("edit-other")).toMatchObject({
      maxHistory: 3,
    });
  });
});

describe("What others made before", () => {
  it("keeps its HelmRelease, also in drift mode enabled and when the instance goes", async () => {
    await shop.create(foreignRelease("theirs"));
    await shop.apply("theirs", { drift: { mode: "enabled" } });
    const blocked = await shop.becomes(
      "theirs",
      "Blocked True ReleaseNameTaken",
    );
    expect(JSON.stringify(blocked["status"])).toContain("HelmRelease theirs");
    await shop.delete("theirs");
    await eventually(
      "the instance is gone",
      async () => (await shop.instance("theirs")) === undefined,
    );
    expect(await shop.releaseSpec("theirs")).toEqual(
      foreignRelease("theirs")["spec"],
    );
  });

  it("keeps a release name that a HelmRelease of another name holds", async () => {
    await shop.create(foreignRelease("holder", "held-name"));
    const release = { name: "held-name", namespace: shop.namespace };
    await shop.apply("late", { release });
    await shop.becomes("late", "Blocked True ReleaseNameTaken");
    expect(await shop.get(HELM_RELEASE, "late")).toBe(undefined);
  });

  it("keeps a release that Helm alone made, until somebody says adopt", async () => {
    await shop.create(foreignRecord("byhand"));
    await shop.apply("byhand");
    await shop.becomes("byhand", "Blocked True ReleaseNameTaken");
    expect(await shop.get(HELM_RELEASE, "byhand")).toBe(undefined);
    await shop.apply("byhand", {}, { [ANNOTATIONS.adopt]: "true" });
    await shop.becomes("byhand", "Ready True HelmReleaseReady");
  });

  it("keeps its source, until somebody says adopt", async () => {
    await shop.create(foreignSource("sourced"));
    await shop.apply("sourced", { drift: { mode: "enabled" } });
    const blocked = await shop.becomes(
      "sourced",
      "Blocked True ReleaseNameTaken",
    );
    expect(JSON.stringify(blocked["status"])).toContain(
      "OCIRepository sourced",
    );
    const source = () => shop.get(OCI_REPOSITORY, "sourced");
    expect((await source())?.["spec"]).toMatchObject({
      url: "oci://theirs.example.com/charts/theirs",
    });
    await shop.apply("sourced", {}, { [ANNOTATIONS.adopt]: "true" });
    await shop.becomes("sourced", "Ready True HelmReleaseReady");
    expect((await source())?.["spec"]).toMatchObject({
      url: "oci://registry.example.com/charts/podinfo",
    });
  });

  it("of two instances the older one keeps the name, and the younger one follows when it goes", async () => {
    const release = { name: "twice", namespace: shop.namespace };
    await shop.ready("elder", { release });
    await shop.apply("younger", { release });
    const blocked = await shop.becomes(
      "younger",
      "Blocked True ReleaseNameTaken",
    );
    expect(JSON.stringify(blocked["status"])).toContain("elder");
    await shop.delete("elder");
    await shop.becomes("younger", "Ready True HelmReleaseReady");
    await shop.becomes("younger", "Blocked False Unblocked");
  }, 90_000);

  it("is no service account for releases, unless a person of the cluster labelled it", async () => {
    await shop.create({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "mighty" },
    });
    const spec = { serviceAccountName: "mighty" };
    await shop.apply("borrowed", spec);
    await shop.becomes("borrowed", "Blocked True MissingDependencies");
    expect(await shop.get(HELM_RELEASE, "borrowed")).toBe(undefined);
    await bench.serviceAccount(shop.namespace, "mighty");
    await shop.becomes("borrowed", "Ready True HelmReleaseReady");
  });
});

describe("What the agent writes", () => {
  const helm = {
    ...CHART,
    sourceType: "helm",
    url: "https://charts.example.com/stable/",
  };
  const reference = { name: "v", key: "values.yaml" };

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["an OCI chart", {}],
    ["a chart of a Helm repository", { chart: helm }],
    [
      "a chart behind credentials and a certificate",
      {
        chart: {
          ...CHART,
          secretRef: { name: "s" },
          certSecretRef: { name: "c" },
        },
      },
    ],
    [
      "a Helm repository behind credentials",
      {
        chart: {
          ...helm,
          secretRef: { name: "s" },
          certSecretRef: { name: "c" },
        },
      },
    ],
    [
      "a version with build metadata",
      { chart: { ...CHART, version: "1.2.3+b" } },
    ],
    [
      "values from everywhere",
      {
        values: {
          source: "merge",
          inline: { a: { b: [1, "two"] } },
          configMapRef: reference,
          secretRef: reference,
        },
      },
    ],
    ["a suspended release", { suspend: true }],
    ["drift mode enabled", { drift: { mode: "enabled" } }],
    ["drift mode disabled", { drift: { mode: "disabled" } }],
    [
      "rollback on failure",
      { policy: { rollbackOnFailure: true, timeoutSeconds: 3_600 } },
    ],
    ["another service account", { serviceAccountName: "other" }],
  ])("is taken by the schemas of Flux: %s", async (_, spec) => {
    const { source, release } = desiredObjects(instance(spec), "v1");
    const name = "dry-run";
    for (const object of [source, release]) {
      const metadata = { ...object.metadata, name, namespace: shop.namespace };
      const options = { fieldManager: "dry-run", dryRun: true };
      const taken = await bench.api.apply<KubeObject>(
        { ...object, metadata },
        options,
      );
      expect(taken["spec"]).toMatchObject(object["spec"] as object);
    }
    for (const kind of [HELM_RELEASE, OCI_REPOSITORY, HELM_REPOSITORY])
      expect(await shop.get(kind, name)).toBe(undefined);
  });
});
