import type { KubeObject } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  CLUSTER,
  FINALIZERS,
} from "@vworkspace/resources";
import { AgentBench, type RunningAgent } from "./testing/agent-bench";
import { eventually } from "../../../test/cluster/eventually";
import { conditionOf, instanceManifest } from "./testing/instance-manifest";
import { HELM_RELEASE, OCI_REPOSITORY } from "./watches/watched-kinds";

/** One cluster for the whole file, and one agent at a time: an agent takes a cluster for its own. */
let bench: AgentBench;

beforeAll(async () => {
  bench = await AgentBench.open(process.env["VWORKSPACE_TEST_LOG_LEVEL"]);
}, 600_000);

afterAll(() => bench?.stop());

describe("The agent when things go wrong", () => {
  async function credential(): Promise<KubeObject | undefined> {
    return bench.api.get({
      apiVersion: "v1",
      kind: "Secret",
      namespace: "vworkspace-system",
      name: "vworkspace-agent-credentials",
    });
  }

  it("starts without Flux, says what is missing, and goes on by itself once it is there", async () => {
    const { gateway } = bench;
    await bench.removeFlux();
    const agent = await bench.startAgent();
    const namespace = await bench.optedIn("late");
    const { jobId } = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "web"),
    );
    const blocked = await eventually("it is blocked", async () => {
      const object = await bench.instance(namespace, "web");
      const condition = conditionOf(object, "Blocked");
      return condition?.status === "True" && condition;
    });
    expect(blocked.reason).toBe("MissingDependencies");
    expect(blocked.message).toContain("HelmRelease");
    await bench.installFlux();
    expect(await gateway.settled(jobId, 90_000)).toMatchObject({
      outcome: "succeeded",
    });
    await agent.stop();
  }, 180_000);

  it("takes up after a restart what it had begun, with the credential of the cluster", async () => {
    const { gateway } = bench;
    const cluster = gateway.newCluster();
    const agent = await bench.startAgent(cluster);
    const namespace = await bench.optedIn("again");
    const withoutAccount = { serviceAccountName: "not-there-yet" };
    const { jobId } = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "web", withoutAccount),
    );
    await eventually(
      "the job is followed",
      () => gateway.job(jobId).statuses.length > 1,
    );
    await agent.stop();
    expect(gateway.job(jobId).state).toBe("acked");

    const second = await bench.startAgent(cluster);
    expect(second.clusterId).toBe(cluster.clusterId);
    // Once it is in hand again: an instance that got ready before would make it a noop.
    const told = gateway.job(jobId).statuses.length;
    await eventually(
      "the job is followed again",
      () => gateway.job(jobId).statuses.length > told,
    );
    await bench.serviceAccount(namespace, "not-there-yet");
    expect(await gateway.settled(jobId, 60_000)).toMatchObject({
      outcome: "succeeded",
      attempt: 2,
    });
    const registrations = gateway
      .requests()
      .filter(({ path, status }) => path === "/register" && status === 200);
    expect(registrations.length).toBeGreaterThan(0);
    await second.stop();
  }, 180_000);

  it("answers noop when the result of a finished job got lost", async () => {
    const { gateway } = bench;
    const cluster = gateway.newCluster();
    const agent = await bench.startAgent(cluster);
    const namespace = await bench.optedIn("lost");
    gateway.fail({ times: 2, status: 503, path: /\/result$/ });
    const { jobId } = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "web"),
    );
    await eventually("the result is refused", () =>
      gateway
        .requests()
        .some(({ path, status }) => path.includes(jobId) && status === 503),
    );
    await agent.stop();
    const second = await bench.startAgent(cluster);
    expect(await gateway.settled(jobId, 60_000)).toMatchObject({
      outcome: "noop",
    });
    await second.stop();
  }, 180_000);

  it("survives a gateway that fails, throttles and cuts connections", async () => {
    const { gateway } = bench;
    gateway.fail({ times: 2, status: 503 });
    gateway.fail({ times: 2, status: 429, retryAfterSeconds: 1 });
    gateway.fail({ times: 3, cut: true, path: /^\/(jobs|events)/ });
    const agent = await bench.startAgent();
    const namespace = await bench.optedIn("rough");
    const { jobId } = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "web"),
    );
    expect(await gateway.settled(jobId, 60_000)).toMatchObject({
      outcome: "succeeded",
    });
    await agent.stop();
  });

  it("rotates its credential when told to, keeps it in the Secret and goes on with it", async () => {
    const { gateway } = bench;
    const agent = await bench.startAgent();
    const tokenOf = async () => {
      const secret = await credential();
      return (secret?.["data"] as Record<string, string> | undefined)?.[
        "token"
      ];
    };
    const before = await eventually("it is registered", tokenOf);
    const { jobId } = gateway.issueIntent(agent.clusterId, {
      intent: "rotate-operator-credentials",
    });
    expect(await gateway.settled(jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    expect(await tokenOf()).not.toBe(before);
    await eventually("the old one is forgotten", async () => {
      const secret = await credential();
      const data = secret?.["data"] as Record<string, string>;
      return !("previous-token" in data);
    });
    await eventually("the gateway is told", () =>
      gateway
        .events(agent.clusterId)
        .some(({ kind }) => kind === "CredentialRotated"),
    );
    await agent.stop();
  }, 90_000);

  it("shows in its Cluster object that it is connected, and that its credential is refused", async () => {
    const { gateway } = bench;
    const agent = await bench.startAgent();
    const own = () => bench.api.get({ ...CLUSTER, name: "this-cluster" });
    await eventually("it is connected", async () => {
      const status = (await own())?.["status"] as { phase?: string };
      return status.phase === "Connected";
    });
    await eventually("a heartbeat and a snapshot arrive", () => {
      const kinds = gateway.events(agent.clusterId).map(({ kind }) => kind);
      return (
        kinds.includes("ClusterHeartbeat") && kinds.includes("ClusterSnapshot")
      );
    });
    gateway.revoke(agent.clusterId);
    const refused = await eventually("it is refused", async () => {
      const condition = conditionOf(await own(), "Authenticated");
      return condition?.status === "False" && condition;
    });
    expect(refused.reason).toBe("CredentialRejected");
    await agent.stop();
  }, 90_000);

  it("keeps to one Helm release per name: the older instance holds it", async () => {
    const { gateway } = bench;
    const agent = await bench.startAgent();
    const namespace = await bench.optedIn("names");
    const first = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "first", {
        release: { name: "same", namespace },
      }),
    );
    await gateway.settled(first.jobId, 30_000);
    gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "second", {
        release: { name: "same", namespace },
      }),
    );
    const blocked = await eventually("the second is blocked", async () => {
      const object = await bench.instance(namespace, "second");
      const condition = conditionOf(object, "Blocked");
      return condition?.status === "True" && condition;
    });
    expect(blocked).toMatchObject({ reason: "ReleaseNameTaken" });
    expect(blocked.message).toContain("first");
    const { jobId } = gateway.issueDelete(agent.clusterId, {
      ...APPLICATION_INSTANCE,
      namespace,
      name: "second",
    });
    expect(await gateway.settled(jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    const secrets = await bench.api.list(
      { apiVersion: "v1", kind: "Secret" },
      { namespace, labelSelector: "owner=helm,name=same" },
    );
    expect(secrets.length).toBeGreaterThan(0);
    await agent.stop();
  });
});

describe("The agent between a gateway and a cluster", () => {
  let agent: RunningAgent;
  let namespace: string;

  beforeAll(async () => {
    agent = await bench.startAgent();
    namespace = await bench.optedIn("shop");
  });

  afterAll(() => agent.stop());

  it("carries an instance from the gateway's job to Ready and tells of it", async () => {
    const { gateway } = bench;
    const { jobId, generation } = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "web"),
    );
    const job = await gateway.settled(jobId, 30_000);
    expect(job).toMatchObject({
      outcome: "succeeded",
      appliedRef: { kind: "ApplicationInstance", name: "web" },
    });
    expect(job.statuses.length).toBeGreaterThan(0);
    const instance = await bench.instance(namespace, "web");
    expect(conditionOf(instance, "Ready")).toMatchObject({
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
  });

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
      instanceManifest(namespace, "beside"),
    );
    await bench.gateway.settled(jobId, 30_000);
    const after = await bench.instance(namespace, "web");
    expect(after?.["status"]).toEqual(before?.["status"]);
  });

  it("follows a changed chart version to Ready, and a version that doesn't exist to failed", async () => {
    const chart = {
      sourceType: "oci",
      url: "oci://registry.example.com/charts",
      name: "podinfo",
    };
    const { gateway } = bench;
    const good = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "web", {
        chart: { ...chart, version: "1.3.0+b1" },
      }),
    );
    expect(await gateway.settled(good.jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    const bad = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "web", {
        chart: { ...chart, version: "0.0.9" },
        policy: { timeoutSeconds: 2 },
      }),
    );
    const job = await gateway.settled(bad.jobId, 30_000);
    expect(job.outcome).toBe("failed");
    expect(job.error).toContain("ChartUnreachable");
    const instance = await bench.instance(namespace, "web");
    expect(conditionOf(instance, "Degraded")).toMatchObject({
      status: "True",
      reason: "ChartUnreachable",
    });
  }, 90_000);

  it("suspends and resumes, and says so", async () => {
    const { gateway } = bench;
    const suspended = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "beside", { suspend: true }),
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
      instanceManifest(namespace, "beside", { suspend: false }),
    );
    expect(await gateway.settled(resumed.jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    const instance = await bench.instance(namespace, "beside");
    expect(conditionOf(instance, "Suspended")).toMatchObject({
      status: "False",
      reason: "Active",
    });
  });

  it("uninstalls a suspended instance as well, and is done when no release Secret is left", async () => {
    const { gateway, api } = bench;
    const applied = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "beside", { suspend: true }),
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
      instanceManifest(namespace, "kept", { deletionPolicy: "Orphan" }),
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
  });

  it("reports another manager's field as a conflict, naming manager and field", async () => {
    const { gateway, api } = bench;
    const first = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "owned"),
    );
    await gateway.settled(first.jobId, 30_000);
    await api.patch(
      { ...APPLICATION_INSTANCE, namespace, name: "owned" },
      { spec: { values: { inline: { replicas: 5 } } } },
      { fieldManager: "kubectl-edit" },
    );
    const second = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "owned", {
        values: { source: "inline", inline: { replicas: 2 } },
      }),
    );
    const job = await gateway.settled(second.jobId, 30_000);
    expect(job.outcome).toBe("conflict");
    expect(job.error).toContain("kubectl-edit");
    expect(job.error).toContain("inline");
  });

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
        instanceManifest(`${namespace}-closed`, "web"),
        instanceManifest("kube-nowhere", "web"),
        instanceManifest(namespace, "leaky", {
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
  });

  it("creates a namespace that its patterns allow, with what releases need there", async () => {
    const { gateway, api } = bench;
    const fresh = `${namespace}-new`;
    const { jobId } = gateway.issueApply(
      agent.clusterId,
      instanceManifest(fresh, "web"),
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
  });

  it("finds a generation that is applied already, whatever happened to its result", async () => {
    const { gateway } = bench;
    const name = "twice";
    const first = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, name),
    );
    await gateway.settled(first.jobId, 30_000);
    // The stamp of a generation that this gateway has yet to issue: what it sends now is old.
    await bench.agentApi.patch(
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
      instanceManifest(namespace, name, { suspend: true }),
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
  });

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
      instanceManifest(namespace, "fixed", { chart }),
    );
    await eventually(
      "the first one is followed",
      () => gateway.job(stuck.jobId).statuses.length > 1,
    );
    const correction = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "fixed"),
    );
    expect(await gateway.settled(correction.jobId, 30_000)).toMatchObject({
      outcome: "succeeded",
    });
    expect(gateway.job(stuck.jobId).state).toBe("superseded");
  });
});
