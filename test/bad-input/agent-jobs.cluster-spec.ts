import type { KubeObject } from "@vworkspace/kube";
import { APPLICATION_INSTANCE, CLUSTER } from "@vworkspace/resources";
import { AgentBench } from "../../apps/agent/src/testing/agent-bench";
import { instanceManifest } from "../../apps/agent/src/testing/instance-manifest";

const SECRET = "hunter2-correct-horse";
const CHART = {
  sourceType: "oci",
  url: "oci://registry.example.com/charts",
  name: "podinfo",
  version: "1.2.3",
};

describe("bad input in the agent's jobs", () => {
  let bench: AgentBench;
  let clusterId: string;
  let namespace: string;
  beforeAll(async () => {
    bench = await AgentBench.open();
    await bench.installFlux();
    namespace = await bench.optedIn("bad");
    ({ clusterId } = await bench.startAgent());
  }, 90_000);
  afterAll(() => bench.stop(), 60_000);

  /** Whatever was refused has left nothing behind. */
  afterEach(async () => {
    expect(await bench.api.list(APPLICATION_INSTANCE, { namespace })).toEqual(
      [],
    );
  });

  /** The sentence with which a job ended that must have failed. */
  async function refused({ jobId }: { jobId: string }): Promise<string> {
    const { outcome, error = "" } = await bench.gateway.settled(jobId, 30_000);
    expect(outcome).toBe("failed");
    expect(error.length).toBeLessThan(2_000);
    return error;
  }

  const refusedApply = (manifest: object) =>
    refused(bench.gateway.issueApply(clusterId, manifest));

  it.each([
    ["rbac.authorization.k8s.io/v1", "RoleBinding"],
    ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding"],
    ["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
    ["admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"],
    ["apiregistration.k8s.io/v1", "APIService"],
    ["v1", "Secret"],
    ["v1", "Pod"],
    ["v1", "ServiceAccount"],
    ["apps/v1", "Deployment"],
    ["helm.toolkit.fluxcd.io/v2", "HelmRelease"],
    [CLUSTER.apiVersion, CLUSTER.kind],
    ["apps.vworkspace.io/v2", "ApplicationInstance"],
    ["apps.vworkspace.io.example.com/v1alpha1", "ApplicationInstance"],
  ])("a %s %s is refused, naming the kind", async (apiVersion, kind) => {
    const metadata = { name: "mine", namespace };
    const error = await refusedApply({ apiVersion, kind, metadata });
    expect(error).toContain(`kind ${kind}`);
    const ref = { apiVersion, kind, name: "mine", namespace };
    expect(await refused(bench.gateway.issueDelete(clusterId, ref))).toContain(
      `kind ${kind}`,
    );
  });

  it("a delete of what jobs may not touch leaves it where it is", async () => {
    const ref = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      namespace,
      name: "kept",
    };
    await bench.serviceAccount(namespace, ref.name);
    await refused(bench.gateway.issueDelete(clusterId, ref));
    const kept: KubeObject | undefined = await bench.api.get(ref);
    expect(kept?.metadata.deletionTimestamp).toBeUndefined();
    expect(kept).toBeDefined();
  });

  it.each([
    "Web",
    "web_1",
    "-web",
    "web-",
    "web.shop",
    "web shop",
    "../web",
    "wéb",
    "web\n",
    "x".repeat(64),
    "%2e%2e",
  ])("the name %j is refused, naming metadata.name", async (name) => {
    const manifest = {
      ...instanceManifest(namespace, "web"),
      metadata: { name, namespace },
    };
    expect(await refusedApply(manifest)).toContain("metadata.name");
  });

  it.each([
    "latest",
    "1.2",
    "v1.2.3",
    "^1.2.0",
    "1.2.x",
    ">=1.0.0",
    "1.2.3 || 2.0.0",
    "01.2.3",
    "1.2.3-",
    "",
    "*",
  ])("the chart version %j is refused, naming it", async (version) => {
    const chart = { ...CHART, version };
    const manifest = instanceManifest(namespace, "web", { chart });
    expect(await refusedApply(manifest)).toContain("spec.chart.version");
  });

  it.each<[string, object]>([
    ["adminPassword", { adminPassword: SECRET }],
    ["db.password", { db: { password: SECRET } }],
    ["apiKey", { auth: [{ apiKey: SECRET }] }],
    ["client_secret", { oidc: { client_secret: SECRET } }],
    ["token", { users: [{ token: SECRET }] }],
    [
      "tls",
      {
        tls: `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`,
      },
    ],
    ["SECRETKEY", { s3: { SECRETKEY: SECRET } }],
    ["accessKey", { a: { b: { c: { d: { accessKey: SECRET } } } } }],
  ])(
    "values with a secret in %s are refused, naming the field and not the value",
    async (field, inline) => {
      const values = { source: "inline", inline };
      const error = await refusedApply(
        instanceManifest(namespace, "web", { values }),
      );
      expect(error).toContain("spec.values.inline");
      expect(error).toContain(field.split(".").at(-1));
      expect(error).not.toContain(SECRET);
    },
  );

  it.each(["kube-system", "default", "kube-anything"])(
    "the namespace %s is refused, naming it",
    async (reserved) => {
      const manifest = instanceManifest(reserved, "web");
      expect(await refusedApply(manifest)).toContain(reserved);
      expect(await bench.instance(reserved, "web")).toBeUndefined();
    },
  );

  it.each<[string, object, string]>([
    ["no spec", { spec: undefined }, "spec"],
    ["a text as its spec", { spec: "web" }, "spec"],
    [
      "another namespace's release",
      { release: { name: "web", namespace: "x" } },
      "spec.release",
    ],
    [
      "a file as its chart",
      { chart: { ...CHART, url: "file:///etc" } },
      "spec.chart.url",
    ],
    [
      "a password in its chart's URL",
      { chart: { ...CHART, url: `https://u:${SECRET}@charts.example.com` } },
      "spec.chart.url",
    ],
    ["a field nobody knows", { surprise: true }, "spec"],
  ])(
    "an instance with %s is refused, naming %3$s",
    async (_, change, field) => {
      const whole = instanceManifest(namespace, "web", { ...change });
      const manifest = "spec" in change ? { ...whole, ...change } : whole;
      const error = await refusedApply(manifest);
      expect(error).toContain(field);
      expect(error).not.toContain(SECRET);
    },
  );

  it.each<[Record<string, unknown> & { intent: string }, string]>([
    [{ intent: "format-disk" }, "intent"],
    [{ intent: "" }, "intent"],
    [{ intent: "ensure-application-instance" }, "applicationInstance"],
    [
      { intent: "ensure-application-instance", applicationInstance: [] },
      "applicationInstance",
    ],
    [
      {
        intent: "ensure-application-instance",
        applicationInstance: {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: "mine", namespace: "default" },
        },
      },
      "applicationInstance.kind",
    ],
    [{ intent: "request-operation", operation: "all" }, "operation"],
    [{ intent: "delete-application-instance", name: "web" }, "namespace"],
  ])("the intent %j is refused, naming %s", async (payload, field) => {
    const job = bench.gateway.issueIntent(clusterId, payload);
    expect(await refused(job)).toContain(field);
  });
});
