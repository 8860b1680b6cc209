import { gunzipSync } from "node:zlib";
import { eventually } from "../../../../../test/cluster/eventually";
import { KubeHttp, type KubeBody } from "../../../../../test/cluster/kube-http";
import { writeKubeconfig } from "../../../../../test/cluster/kubeconfig-file";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator, type Simulator } from "../../simulator";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface ReleaseStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly history?: readonly Readonly<Record<string, unknown>>[];
  readonly helmChart?: string;
  readonly lastAttemptedRevisionDigest?: string;
  readonly lastHandledReconcileAt?: string;
  readonly artifact?: { readonly revision: string; readonly digest: string };
}

const RELEASES =
  "/apis/helm.toolkit.fluxcd.io/v2/namespaces/default/helmreleases";
const SOURCES = "/apis/source.toolkit.fluxcd.io/v1/namespaces/default";

describe("The stand-in Flux controllers", () => {
  let simulator: Simulator;
  let http: KubeHttp;
  const directory = mkdtempSync(join(tmpdir(), "vworkspace-flux-"));
  const errors: unknown[] = [];

  beforeAll(async () => {
    simulator = await startSimulator({
      flux: { delayMs: { min: 1, max: 5 } },
      onError: (error) => errors.push(error),
    });
    const path = join(directory, "kubeconfig");
    writeKubeconfig(path, { server: simulator.url, token: simulator.token });
    http = new KubeHttp(path);
  });

  afterAll(async () => {
    await http.close();
    await simulator.stop();
    rmSync(directory, { recursive: true });
  });

  afterEach(() => expect(errors).toEqual([]));

  const statusOf = ({ status }: KubeBody) => (status ?? {}) as ReleaseStatus;
  const condition = (body: KubeBody, type: string) =>
    statusOf(body).conditions?.find((one) => one.type === type);

  function source(kind: string, plural: string, name: string, spec: object) {
    const body = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind,
      metadata: { name },
      spec,
    };
    return http.apply(`${SOURCES}/${plural}/${name}?force=true`, "test", body);
  }
  const oci = (name: string, tag: string, chart = "podinfo") =>
    source("OCIRepository", "ocirepositories", name, {
      url: `oci://charts.example.com/${chart}`,
      ref: { tag },
    });
  const repository = (
    name: string,
    url = "https://charts.example.com/stable",
  ) => source("HelmRepository", "helmrepositories", name, { url });
  const release = (name: string, spec: object, metadata: object = {}) =>
    http.apply(`${RELEASES}/${name}?force=true`, "test", {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name, ...metadata },
      spec,
    });
  const byRef = (name: string) => ({
    chartRef: { kind: "OCIRepository", name },
  });
  const byChart = (chart: string, version: string, repo: string) => ({
    chart: {
      spec: {
        chart,
        version,
        sourceRef: { kind: "HelmRepository", name: repo },
      },
    },
  });

  /** The release once its Ready condition speaks about this generation and is as wanted. */
  const settled = (name: string, status: string, reason: string) =>
    eventually(`${name} is ${status} ${reason}`, async () => {
      const { body } = await http.get(`${RELEASES}/${name}`);
      const ready = condition(body, "Ready");
      const isWanted = ready?.status === status && ready.reason === reason;
      return isWanted && body;
    });
  const secretsOf = async (name: string) => {
    const selector = encodeURIComponent(`owner=helm,name=${name}`);
    const path = `/api/v1/namespaces/default/secrets?labelSelector=${selector}`;
    return (await http.get(path)).body.items;
  };

  it("bring a release of an OCI chart to Ready, its digest in the version", async () => {
    await oci("shop", "1.1.0");
    await release("shop", { ...byRef("shop"), values: { replicaCount: 2 } });
    const body = await settled("shop", "True", "InstallSucceeded");
    const repository = await http.get(`${SOURCES}/ocirepositories/shop`);
    const { artifact } = statusOf(repository.body);
    const digest = artifact?.revision.split("@")[1] ?? "";
    expect(artifact?.revision).toMatch(/^1\.1\.0@sha256:[0-9a-f]{64}$/);
    expect(condition(repository.body, "Ready")?.reason).toBe("Succeeded");
    const status = statusOf(body);
    expect(status.observedGeneration).toBe(body.metadata.generation);
    expect(status.lastAttemptedRevisionDigest).toBe(digest);
    expect(status.history?.[0]).toMatchObject({
      name: "shop",
      namespace: "default",
      version: 1,
      status: "deployed",
      chartName: "podinfo",
      chartVersion: `1.1.0+${digest.slice(7, 19)}`,
    });
    const deployment = await http.get(
      "/apis/apps/v1/namespaces/default/deployments/shop-podinfo",
    );
    expect(deployment.body).toMatchObject({
      spec: { replicas: 2 },
      metadata: { labels: { "app.kubernetes.io/managed-by": "Helm" } },
    });
  });

  it("keep Helm's own record of a release", async () => {
    const [secret] = await secretsOf("shop");
    expect(secret).toMatchObject({
      type: "helm.sh/release.v1",
      metadata: {
        name: "sh.helm.release.v1.shop.v1",
        labels: { owner: "helm", status: "deployed", version: "1" },
      },
    });
    const { release: encoded } = secret?.["data"] as { release: string };
    const inner = Buffer.from(encoded, "base64").toString();
    const text = gunzipSync(Buffer.from(inner, "base64")).toString();
    expect(JSON.parse(text)).toMatchObject({
      name: "shop",
      config: { replicaCount: 2 },
      info: { status: "deployed" },
    });
  });

  it("write nothing more when nothing changes", async () => {
    const { body } = await http.get(`${RELEASES}/shop`);
    await http.post("/api/v1/namespaces/default/configmaps", {
      metadata: { name: "unrelated" },
    });
    await http.merge(`${RELEASES}/shop`, { metadata: { labels: { a: "b" } } });
    const after = await eventually("the label is seen", async () => {
      const { body } = await http.get(`${RELEASES}/shop`);
      return body.metadata.labels?.["a"] === "b" && body;
    });
    expect(after.status).toEqual(body.status);
  });

  it("upgrade when the tag moves, and stay on the old chart when the new one is missing", async () => {
    await oci("shop", "1.2.0");
    const upgraded = await eventually("1.2.0 is deployed", async () => {
      const { body } = await http.get(`${RELEASES}/shop`);
      const [newest] = statusOf(body).history ?? [];
      const version = String(newest?.["chartVersion"]);
      return (
        version.startsWith("1.2.0+") &&
        newest?.["status"] === "deployed" &&
        body
      );
    });
    expect(condition(upgraded, "Ready")?.reason).toBe("UpgradeSucceeded");
    expect(statusOf(upgraded).history?.map((one) => one["status"])).toEqual([
      "deployed",
      "superseded",
    ]);
    expect((await secretsOf("shop")).length).toBe(2);
    await oci("shop", "1.3.0-missing");
    const source = await eventually("the source says so", async () => {
      const { body } = await http.get(`${SOURCES}/ocirepositories/shop`);
      return condition(body, "Ready")?.status === "False" && body;
    });
    expect(condition(source, "FetchFailed")?.reason).toBe(
      "OCIArtifactPullFailed",
    );
    expect(statusOf(source).artifact?.revision).toMatch(/^1\.2\.0@/);
    const { body } = await http.get(`${RELEASES}/shop`);
    expect(condition(body, "Ready")?.status).toBe("True");
    expect(statusOf(body).history?.[0]?.["version"]).toBe(2);
  });

  it("make a HelmChart of a chart template and install what it finds", async () => {
    await repository("stable");
    await release("blog", byChart("wordpress", "2.0.1", "stable"));
    const body = await settled("blog", "True", "InstallSucceeded");
    expect(statusOf(body).helmChart).toBe("default/default-blog");
    expect(statusOf(body).history?.[0]?.["chartVersion"]).toBe("2.0.1");
    const chart = await http.get(`${SOURCES}/helmcharts/default-blog`);
    expect(condition(chart.body, "Ready")?.reason).toBe("ChartPullSucceeded");
  });

  it("say why a chart, a repository or a source cannot be had", async () => {
    await release("lost", byRef("lost"));
    const lost = await settled("lost", "False", "ArtifactFailed");
    expect(condition(lost, "Ready")?.message).toContain('"lost" not found');
    await release("nochart", byChart("missing-chart", "1.0.0", "stable"));
    const nochart = await settled("nochart", "False", "SourceNotReady");
    await eventually("the reason is the chart's", async () => {
      const { body } = await http.get(`${RELEASES}/nochart`);
      return condition(body, "Ready")?.message.includes(
        "no 'missing-chart' chart",
      );
    });
    expect(statusOf(nochart).observedGeneration).toBeUndefined();
    await repository("gone", "https://charts.example.com/missing");
    await release("norepo", byChart("podinfo", "1.0.0", "gone"));
    await settled("norepo", "False", "SourceNotReady");
    // It goes on by itself once there is something to go on with.
    await oci("lost", "1.0.0");
    await settled("lost", "True", "InstallSucceeded");
    await repository("gone", "https://charts.example.com/found");
    await settled("norepo", "True", "InstallSucceeded");
  });

  it("wait for the values that a release refers to", async () => {
    await oci("valued", "1.0.0");
    await release("valued", {
      ...byRef("valued"),
      values: { b: 2 },
      valuesFrom: [{ kind: "ConfigMap", name: "values" }],
    });
    await settled("valued", "False", "ValuesError");
    await http.post("/api/v1/namespaces/default/configmaps", {
      metadata: { name: "values" },
      data: { "values.yaml": "replicaCount: 3\nb: 1\n" },
    });
    await http.merge(`${RELEASES}/valued`, {
      metadata: { annotations: { "reconcile.fluxcd.io/requestedAt": "now" } },
    });
    const body = await settled("valued", "True", "InstallSucceeded");
    expect(statusOf(body).lastHandledReconcileAt).toBe("now");
    const { body: deployment } = await http.get(
      "/apis/apps/v1/namespaces/default/deployments/valued-podinfo",
    );
    expect(deployment.spec?.["replicas"]).toBe(3);
  });

  it("give up on a chart that never becomes ready, and begin anew with another", async () => {
    await oci("doomed", "1.0.0-broken");
    await release("doomed", {
      ...byRef("doomed"),
      install: { remediation: { retries: 2 } },
    });
    const body = await eventually("it is stalled", async () => {
      const { body } = await http.get(`${RELEASES}/doomed`);
      return condition(body, "Stalled")?.status === "True" && body;
    });
    expect(condition(body, "Ready")).toMatchObject({
      status: "False",
      reason: "UninstallSucceeded",
    });
    expect(condition(body, "Released")?.reason).toBe("InstallFailed");
    expect(await secretsOf("doomed")).toEqual([]);
    expect(condition(body, "Stalled")).toMatchObject({
      reason: "RetriesExceeded",
      message: "Failed to install after 3 attempt(s)",
    });
    await oci("doomed", "1.0.1");
    await settled("doomed", "True", "InstallSucceeded");
  });

  it("take over nothing that others made, when told so", async () => {
    const selector = { matchLabels: { a: "b" } };
    await http.post("/apis/apps/v1/namespaces/default/deployments", {
      metadata: { name: "taken-podinfo" },
      spec: { selector, template: { metadata: { labels: { a: "b" } } } },
    });
    await oci("taken", "1.0.0");
    await release("taken", {
      ...byRef("taken"),
      install: { disableTakeOwnership: true },
    });
    const body = await settled("taken", "False", "InstallFailed");
    expect(condition(body, "Ready")?.message).toContain(
      "invalid ownership metadata",
    );
  });

  it("do nothing for a suspended release", async () => {
    await oci("paused", "1.0.0");
    await release("paused", { ...byRef("paused"), suspend: true });
    await settled("shop", "True", "UpgradeSucceeded");
    const { body } = await http.get(`${RELEASES}/paused`);
    expect(statusOf(body).conditions).toBeUndefined();
    await release("paused", { ...byRef("paused"), suspend: false });
    await settled("paused", "True", "InstallSucceeded");
  });

  it("uninstall what is deleted, and leave the objects of a suspended release", async () => {
    const gone = (path: string) =>
      eventually(
        `${path} is gone`,
        async () => (await http.get(path)).code === 404,
      );
    await http.delete(`${RELEASES}/blog`);
    await gone(`${RELEASES}/blog`);
    await gone(`${SOURCES}/helmcharts/default-blog`);
    expect(await secretsOf("blog")).toEqual([]);
    const blog = "/apis/apps/v1/namespaces/default/deployments/blog-wordpress";
    expect((await http.get(blog)).code).toBe(404);
    await release("shop", { ...byRef("shop"), suspend: true });
    await http.delete(`${RELEASES}/shop`);
    await gone(`${RELEASES}/shop`);
    expect(await secretsOf("shop")).not.toEqual([]);
    const shop = "/apis/apps/v1/namespaces/default/deployments/shop-podinfo";
    expect((await http.get(shop)).code).toBe(200);
  });
});
