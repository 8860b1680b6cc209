import type { KubeObject } from "@vworkspace/kube";
import { APPLICATION_INSTANCE, FINALIZERS } from "@vworkspace/resources";
import { AgentBench, type RunningAgent } from "./testing/agent-bench";
import { eventually } from "./testing/eventually";
import { HELM_RELEASE, OCI_REPOSITORY } from "./watches/watched-kinds";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

function manifest(
  namespace: string,
  name: string,
  spec: Record<string, unknown> = {},
) {
  return {
    ...APPLICATION_INSTANCE,
    metadata: { name, namespace },
    spec: {
      appRef: { catalogId: "podinfo" },
      chart: {
        sourceType: "oci",
        url: "oci://registry.example.com/charts",
        name: "podinfo",
        version: "1.2.3",
      },
      release: { name, namespace },
      values: { source: "inline", inline: { replicas: 1 } },
      ...spec,
    },
  };
}

function condition(object: KubeObject | undefined, type: string) {
  const status = object?.["status"] as { conditions?: Condition[] } | undefined;
  return status?.conditions?.find((item) => item.type === type);
}

describe("The agent between a gateway and a cluster", () => {
  let bench: AgentBench;
  let agent: RunningAgent & { readonly clusterId: string };
  let namespace: string;

  beforeAll(async () => {
    bench = await AgentBench.open();
    await bench.installFlux();
    agent = await bench.startAgent();
    namespace = await bench.optedIn("shop");
  }, 600_000);

  afterAll(() => bench?.stop());

  it("carries an instance from the gateway's job to Ready and tells of it", async () => {
    const { gateway } = bench;
    const { jobId, generation } = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "web"),
    );
    const job = await gateway.settled(jobId, 30_000);
    expect(job).toMatchObject({
      outcome: "succeeded",
      appliedRef: { kind: "ApplicationInstance", name: "web" },
    });
    expect(job.statuses.length).toBeGreaterThan(0);
    const instance = await bench.instance(namespace, "web");
    expect(condition(instance, "Ready")).toMatchObject({
      status: "True",
      reason: "HelmReleaseReady",
    });
    expect(instance?.["status"]).toMatchObject({
      intentGeneration: generation,
      helmReleaseRef: { name: "web", namespace },
    });
    await eventually("the gateway is told that it is ready", () =>
      gateway
        .events(agent.clusterId)
        .find(
          ({ kind, resourceRef, conditions }) =>
            kind === "ConditionTransition" &&
            resourceRef.name === "web" &&
            resourceRef.intentGeneration === generation &&
            conditions?.[0]?.type === "Ready" &&
            conditions[0].status === "True",
        ),
    );
  }, 60_000);

  it("writes what Flux needs and nothing that would take the release down", async () => {
    const ref = { namespace, name: "web" };
    const release = await bench.api.get({ ...HELM_RELEASE, ...ref });
    expect(release?.["spec"]).toMatchObject({
      serviceAccountName: "vworkspace-release",
      releaseName: "web",
      chartRef: { kind: "OCIRepository", name: "web" },
      install: { disableTakeOwnership: true },
      values: { replicas: 1 },
    });
    expect(release?.metadata.ownerReferences).toBe(undefined);
    const source = await bench.api.get({ ...OCI_REPOSITORY, ...ref });
    expect(source?.["spec"]).toMatchObject({
      url: "oci://registry.example.com/charts/podinfo",
      ref: { tag: "1.2.3" },
    });
  });

  it("writes nothing more when nothing changes", async () => {
    const before = await bench.instance(namespace, "web");
    await bench.api.patch(
      { ...APPLICATION_INSTANCE, namespace, name: "web" },
      { metadata: { annotations: { touched: "yes" } } },
      { fieldManager: "someone" },
    );
    const { jobId } = bench.gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "beside"),
    );
    await bench.gateway.settled(jobId, 30_000);
    const after = await bench.instance(namespace, "web");
    expect(after?.["status"]).toEqual(before?.["status"]);
  }, 60_000);

  it("follows a changed chart version to Ready, and a version that doesn't exist to failed", async () => {
    const chart = {
      sourceType: "oci",
      url: "oci://registry.example.com/charts",
      name: "podinfo",
    };
    const { gateway } = bench;
    const good = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "web", { chart: { ...chart, version: "1.3.0+b1" } }),
    );
    expect(await gateway.settled(good.jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    const bad = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "web", {
        chart: { ...chart, version: "0.0.9" },
        policy: { timeoutSeconds: 2 },
      }),
    );
    const job = await gateway.settled(bad.jobId, 30_000);
    expect(job.outcome).toBe("failed");
    expect(job.error).toContain("ChartUnreachable");
    const instance = await bench.instance(namespace, "web");
    expect(condition(instance, "Degraded")).toMatchObject({
      status: "True",
      reason: "ChartUnreachable",
    });
  }, 90_000);

  it("suspends and resumes, and says so", async () => {
    const { gateway } = bench;
    const suspended = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "beside", { suspend: true }),
    );
    expect(await gateway.settled(suspended.jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    const release = { ...HELM_RELEASE, namespace, name: "beside" };
    expect((await bench.api.get(release))?.["spec"]).toMatchObject({
      suspend: true,
    });
    const resumed = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "beside", { suspend: false }),
    );
    expect(await gateway.settled(resumed.jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    const instance = await bench.instance(namespace, "beside");
    expect(condition(instance, "Suspended")).toMatchObject({
      status: "False",
      reason: "Active",
    });
  }, 60_000);

  it("uninstalls a suspended instance as well, and is done when no release Secret is left", async () => {
    const { gateway, api } = bench;
    const applied = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "beside", { suspend: true }),
    );
    await gateway.settled(applied.jobId, 30_000);
    const { jobId } = gateway.issueDelete(agent.clusterId, {
      ...APPLICATION_INSTANCE,
      namespace,
      name: "beside",
    });
    expect(await gateway.settled(jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    expect(await bench.instance(namespace, "beside")).toBe(undefined);
    const secrets = await api.list(
      { apiVersion: "v1", kind: "Secret" },
      { namespace, labelSelector: "owner=helm,name=beside" },
    );
    expect(secrets).toEqual([]);
    const ref = { namespace, name: "beside" };
    expect(await api.get({ ...HELM_RELEASE, ...ref })).toBe(undefined);
    expect(await api.get({ ...OCI_REPOSITORY, ...ref })).toBe(undefined);
  }, 90_000);

  it("leaves the release alone when the policy is Orphan", async () => {
    const { gateway, api } = bench;
    const applied = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "kept", { deletionPolicy: "Orphan" }),
    );
    await gateway.settled(applied.jobId, 30_000);
    const { jobId } = gateway.issueDelete(agent.clusterId, {
      ...APPLICATION_INSTANCE,
      namespace,
      name: "kept",
    });
    await gateway.settled(jobId, 30_000);
    expect(await bench.instance(namespace, "kept")).toBe(undefined);
    const release = await api.get({ ...HELM_RELEASE, namespace, name: "kept" });
    expect(release?.metadata.deletionTimestamp).toBe(undefined);
    expect(release).toBeDefined();
  }, 60_000);

  it("reports another manager's field as a conflict, naming manager and field", async () => {
    const { gateway, api } = bench;
    const first = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "owned"),
    );
    await gateway.settled(first.jobId, 30_000);
    await api.patch(
      { ...APPLICATION_INSTANCE, namespace, name: "owned" },
      { spec: { values: { inline: { replicas: 5 } } } },
      { fieldManager: "kubectl-edit" },
    );
    const second = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "owned", {
        values: { source: "inline", inline: { replicas: 2 } },
      }),
    );
    const job = await gateway.settled(second.jobId, 30_000);
    expect(job.outcome).toBe("conflict");
    expect(job.error).toContain("kubectl-edit");
    expect(job.error).toContain("inline");
  }, 60_000);

  it("refuses kinds, namespaces and values that it may not touch", async () => {
    const { gateway } = bench;
    await bench.namespace(`${namespace}-closed`, {});
    const outcomes = await Promise.all(
      [
        {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "RoleBinding",
          metadata: { name: "mine", namespace },
        },
        {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "mine", namespace },
        },
        manifest(`${namespace}-closed`, "web"),
        manifest("kube-nowhere", "web"),
        manifest(namespace, "leaky", {
          values: { source: "inline", inline: { adminPassword: "hunter2" } },
        }),
      ].map(async (object) => {
        const { jobId } = gateway.issueApply(agent.clusterId, object);
        return gateway.settled(jobId, 30_000);
      }),
    );
    const errors = outcomes.map(({ error }) => error ?? "");
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(
      Array(5).fill("failed"),
    );
    expect(errors[0]).toContain("rbac.authorization.k8s.io");
    expect(errors[1]).toContain("VWORKSPACE_ALLOWED_KINDS");
    expect(errors[2]).toContain("managed-by=vworkspace");
    expect(errors[3]).toContain("reserved");
    expect(errors[4]).toContain("adminPassword");
    expect(errors[4]).not.toContain("hunter2");
    expect(await bench.instance(namespace, "leaky")).toBe(undefined);
  }, 60_000);

  it("creates a namespace that its patterns allow, with what releases need there", async () => {
    const { gateway, api } = bench;
    const fresh = `${namespace}-new`;
    const { jobId } = gateway.issueApply(
      agent.clusterId,
      manifest(fresh, "web"),
    );
    expect(await gateway.settled(jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    const binding = await api.get({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      namespace: fresh,
      name: "vworkspace-release",
    });
    expect(binding?.["roleRef"]).toMatchObject({ name: "admin" });
  }, 60_000);

  it("finds a generation that is applied already, whatever happened to its result", async () => {
    const { gateway, api } = bench;
    const name = "twice";
    const first = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, name),
    );
    await gateway.settled(first.jobId, 30_000);
    // The stamp of a generation that this gateway has yet to issue: what it sends now is old.
    await api.patch(
      { ...APPLICATION_INSTANCE, namespace, name },
      {
        metadata: {
          annotations: { "vworkspace.io/intent-generation": "9" },
        },
      },
      { fieldManager: "vworkspace-agent" },
    );
    const second = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, name, { suspend: true }),
    );
    const older = await gateway.settled(second.jobId, 30_000);
    expect(older).toMatchObject({ outcome: "noop" });
    const removal = gateway.issueDelete(agent.clusterId, {
      ...APPLICATION_INSTANCE,
      namespace,
      name,
    });
    expect(await gateway.settled(removal.jobId, 30_000)).toMatchObject({
      outcome: "noop",
    });
    const instance = await bench.instance(namespace, name);
    expect(instance?.["spec"]).not.toMatchObject({ suspend: true });
    expect(instance?.metadata.finalizers).toContain(
      FINALIZERS.applicationInstance,
    );
  }, 60_000);

  it("does not hold back a correction behind a deployment that never becomes ready", async () => {
    const { gateway } = bench;
    const chart = {
      sourceType: "oci",
      url: "oci://registry.example.com/charts",
      name: "podinfo",
      version: "0.0.1",
    };
    const stuck = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "fixed", { chart }),
    );
    await eventually(
      "the first one is followed",
      () => gateway.job(stuck.jobId).statuses.length > 1,
    );
    const correction = gateway.issueApply(
      agent.clusterId,
      manifest(namespace, "fixed"),
    );
    expect(await gateway.settled(correction.jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    expect(gateway.job(stuck.jobId).state).toBe("superseded");
  }, 60_000);
});
