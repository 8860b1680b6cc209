import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../../../../test/cluster/eventually";
import { type KubeBody, KubeHttp } from "../../../../../test/cluster/kube-http";
import { writeKubeconfig } from "../../../../../test/cluster/kubeconfig-file";
import { type Simulator, startSimulator } from "../../simulator";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}
interface Status {
  readonly conditions?: readonly Condition[];
  readonly history?: readonly {
    readonly version: number;
    readonly status: string;
    readonly chartVersion: string;
  }[];
}

const RELEASES =
  "/apis/helm.toolkit.fluxcd.io/v2/namespaces/default/helmreleases";
const OCI =
  "/apis/source.toolkit.fluxcd.io/v1/namespaces/default/ocirepositories";
const EVENTS = "/api/v1/namespaces/default/events";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

describe("The course of an application", () => {
  const directory = mkdtempSync(join(tmpdir(), "vworkspace-courses-"));
  const errors: unknown[] = [];
  let simulator: Simulator;
  let http: KubeHttp;

  beforeAll(async () => {
    simulator = await startSimulator({
      flux: { delayMs: { min: 1, max: 5 } },
      onError: (error) => errors.push(error),
      script: {
        courses: [
          { name: "twice-*", course: "install-fails-twice" },
          { name: "up-*", course: "upgrade-fails" },
          { name: "flaky", course: { fetch: ["unreachable", "found"] } },
          { name: "drift-*", course: { afterwards: soon("drifts") } },
          { name: "gone", course: { afterwards: soon("vanishes") } },
          { version: "6.6.*", course: "never-ready" },
        ],
      },
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

  const soon = (event: "drifts" | "vanishes") => ({ event, afterMs: 5 });

  async function application(
    name: string,
    tag: string,
    spec: object = {},
    annotations = {},
  ): Promise<void> {
    await http.apply(`${OCI}/${name}?force=true`, "test", {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "OCIRepository",
      metadata: { name, annotations },
      spec: { url: "oci://charts.example.com/podinfo", ref: { tag } },
    });
    await http.apply(`${RELEASES}/${name}?force=true`, "test", {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name, annotations },
      spec: { chartRef: { kind: "OCIRepository", name }, ...spec },
    });
  }

  const statusOf = ({ status }: KubeBody) => (status ?? {}) as Status;
  const condition = (body: KubeBody, type: string) =>
    statusOf(body).conditions?.find((one) => one.type === type);
  const settled = (
    path: string,
    type: string,
    status: string,
    reason: string,
  ) =>
    eventually(`${path} is ${type} ${status} ${reason}`, async () => {
      const { body } = await http.get(path);
      const found = condition(body, type);
      return found?.status === status && found.reason === reason && body;
    });
  const events = async (reason: string, name: string) => {
    const selector = encodeURIComponent(
      `reason=${reason},involvedObject.name=${name}`,
    );
    return (await http.get(`${EVENTS}?fieldSelector=${selector}`)).body.items;
  };

  it("installs at the third attempt what fails twice", async () => {
    const install = { remediation: { retries: 3 } };
    await application("twice-a", "1.0.0", { install });
    const path = `${RELEASES}/twice-a`;
    const body = await settled(path, "Ready", "True", "InstallSucceeded");
    const history = statusOf(body).history ?? [];
    expect(history.map(({ status }) => status)).toEqual([
      "deployed",
      "uninstalled",
      "uninstalled",
    ]);
  });

  it("gives up an upgrade that fails, after it has rolled back to what ran before", async () => {
    const upgrade = { remediation: { retries: 1, strategy: "rollback" } };
    const path = `${RELEASES}/up-a`;
    await application("up-a", "1.0.0", { upgrade });
    await settled(path, "Ready", "True", "InstallSucceeded");
    await application("up-a", "2.0.0", { upgrade });
    await settled(path, "Stalled", "True", "RetriesExceeded");
    const body = await settled(path, "Ready", "False", "RollbackSucceeded");
    expect(condition(body, "Released")?.reason).toBe("UpgradeFailed");
    expect(condition(body, "Remediated")).toMatchObject({ status: "True" });
    expect(condition(body, "Ready")?.message).toMatch(
      /^Helm rollback to previous release default\/up-a\.v3 with chart podinfo@1\.0\.0\+.* succeeded$/,
    );
    const [newest, failed] = statusOf(body).history ?? [];
    expect(newest).toMatchObject({ version: 5, status: "deployed" });
    expect(newest?.chartVersion).toMatch(/^1\.0\.0\+/);
    expect(failed).toMatchObject({ version: 4, status: "failed" });
    const { body: deployment } = await http.get(`${DEPLOYMENTS}/up-a-podinfo`);
    expect(JSON.stringify(deployment.spec)).toContain("podinfo:1.0.0");
    // Back at the old intent, the release is what is wanted.
    await application("up-a", "1.0.0", { upgrade });
    const back = await settled(path, "Ready", "True", "UpgradeSucceeded");
    expect(condition(back, "Remediated")).toBeUndefined();
  });

  it("leaves an upgrade that fails as it is, where no remediation is asked for", async () => {
    await application("up-b", "1.0.0");
    await settled(`${RELEASES}/up-b`, "Ready", "True", "InstallSucceeded");
    await application("up-b", "2.0.0");
    const stalled = await settled(
      `${RELEASES}/up-b`,
      "Stalled",
      "True",
      "RetriesExceeded",
    );
    expect(condition(stalled, "Ready")?.reason).toBe("UpgradeFailed");
    expect(condition(stalled, "Remediated")).toBeUndefined();
  });

  it("fetches again what could not be reached", async () => {
    await application("flaky", "1.0.0");
    await settled(`${RELEASES}/flaky`, "Ready", "True", "InstallSucceeded");
  });

  it.each([
    ["chart-unreachable", "no such host"],
    ["chart-unauthorized", "UNAUTHORIZED"],
    ["chart-missing", "MANIFEST_UNKNOWN"],
  ])("is told by an annotation: %s", async (course, message) => {
    const annotations = { "simulator.vworkspace.io/course": course };
    await application(course, "1.0.0", {}, annotations);
    const source = await settled(
      `${OCI}/${course}`,
      "Ready",
      "False",
      "OCIArtifactPullFailed",
    );
    expect(condition(source, "Ready")?.message).toContain(message);
    const path = `${RELEASES}/${course}`;
    await settled(path, "Ready", "False", "SourceNotReady");
  });

  it("runs for the whole timeout before it fails, when it never becomes ready", async () => {
    const path = `${RELEASES}/never`;
    await application("never", "6.6.6", { timeout: "1h0m0s" });
    const body = await settled(path, "Ready", "Unknown", "Progressing");
    expect(condition(body, "Ready")?.message).toBe(
      "Running 'install' action with timeout of 1h0m0s",
    );
    // A shorter time begins anew with the spec that asks for it.
    await application("never", "6.6.6", { timeout: "1s" });
    const failed = await settled(path, "Ready", "False", "InstallFailed");
    expect(condition(failed, "Ready")?.message).toContain(
      "context deadline exceeded",
    );
  });

  it("drifts, and is told of in an event where the mode is warn", async () => {
    await application("drift-a", "1.0.0", { driftDetection: { mode: "warn" } });
    const [event] = await eventually("the drift is told", async () => {
      const found = await events("DriftDetected", "drift-a");
      return found.length > 0 && found;
    });
    expect(event).toMatchObject({
      type: "Warning",
      involvedObject: { kind: "HelmRelease", name: "drift-a" },
      message:
        "Cluster state of release default/drift-a.v1 has drifted from the desired state:\nDeployment/default/drift-a-podinfo changed (0 additions, 1 changes, 0 removals)",
    });
    const { body } = await http.get(`${DEPLOYMENTS}/drift-a-podinfo`);
    expect(body.spec?.["replicas"]).toBe(2);
    await settled(`${RELEASES}/drift-a`, "Ready", "True", "InstallSucceeded");
  });

  it("drifts, and is put right where the mode is enabled", async () => {
    const driftDetection = { mode: "enabled" };
    await application("drift-b", "1.0.0", { driftDetection });
    await eventually("the drift is corrected", async () => {
      const found = await events("DriftCorrected", "drift-b");
      return found.length > 0;
    });
    const { body } = await http.get(`${DEPLOYMENTS}/drift-b-podinfo`);
    expect(body.spec?.["replicas"]).toBe(1);
    await http.delete(`${DEPLOYMENTS}/drift-b-podinfo`);
    await eventually("a deleted object comes back", async () => {
      const { code } = await http.get(`${DEPLOYMENTS}/drift-b-podinfo`);
      const told = await events("DriftDetected", "drift-b");
      return code === 200 && told.length === 2;
    });
  });

  it("vanishes once it is deployed", async () => {
    await application("gone", "1.0.0");
    await eventually("the release was there and is gone", async () => {
      const { code } = await http.get(`${RELEASES}/gone`);
      return code === 404;
    });
    // Once only: what is made anew stays.
    await application("gone", "1.0.0");
    await settled(`${RELEASES}/gone`, "Ready", "True", "InstallSucceeded");
  });

  it("is another one from the next attempt on, when a test says so", async () => {
    simulator.setCourses([{ name: "later", course: "install-fails" }]);
    await application("later", "1.0.0");
    await settled(`${RELEASES}/later`, "Stalled", "True", "RetriesExceeded");
    simulator.setCourses([]);
    await application("later", "1.0.1");
    // What failed was not removed, so that Helm takes it for an older revision.
    await settled(`${RELEASES}/later`, "Ready", "True", "UpgradeSucceeded");
  });
});
