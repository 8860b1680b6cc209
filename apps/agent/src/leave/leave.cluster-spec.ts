import { SystemClock } from "@vworkspace/kernel";
import type { KubeObject } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  customResourceDefinitions,
  FINALIZERS,
} from "@vworkspace/resources";
import { AgentBench } from "../testing/agent-bench";
import { eventually } from "../../../../test/cluster/eventually";
import { instanceManifest } from "../testing/instance-manifest";
import { HELM_RELEASE } from "../watches/watched-kinds";
import { leave } from "./leave";

const RBAC = "rbac.authorization.k8s.io/v1";

/** Under the admission policies, which let nobody delete our definitions by accident. */
describe("Leaving a cluster", () => {
  let bench: AgentBench;
  beforeAll(async () => {
    bench = await AgentBench.open(undefined, { isOwn: true });
    await bench.installFlux();
  }, 600_000);
  afterAll(() => bench?.stop(), 120_000);

  it("takes away what is ours, with an agent that still runs, and leaves releases and what they need", async () => {
    const { api, gateway } = bench;
    const agent = await bench.startAgent();
    const namespace = await bench.optedIn("leave");
    const { jobId } = gateway.issueApply(
      agent.clusterId,
      instanceManifest(namespace, "web"),
    );
    await gateway.settled(jobId, 60_000);
    const instance = await bench.instance(namespace, "web");
    expect(instance?.metadata.finalizers).toContain(
      FINALIZERS.applicationInstance,
    );
    const options = {
      agentNamespace: "vworkspace-system",
      clock: new SystemClock(),
    };
    await leave(api, options);

    for (const { manifest } of customResourceDefinitions()) {
      const { apiVersion, kind, metadata } = manifest as KubeObject;
      const ref = { apiVersion, kind, name: metadata.name };
      expect(await api.get(ref)).toBe(undefined);
    }
    for (const ref of [
      { kind: "ClusterRole", name: "vworkspace-agent" },
      { kind: "ClusterRole", name: "vworkspace-agent-namespace" },
      { kind: "ClusterRoleBinding", name: "vworkspace-agent" },
      { kind: "RoleBinding", name: "vworkspace-agent", namespace },
    ])
      expect(await api.get({ apiVersion: RBAC, ...ref })).toBe(undefined);
    const own = {
      apiVersion: "v1",
      kind: "Namespace",
      name: "vworkspace-system",
    };
    expect(await api.get(own)).toBe(undefined);

    const release = await api.get({ ...HELM_RELEASE, namespace, name: "web" });
    expect(release?.metadata.deletionTimestamp).toBe(undefined);
    expect(release).toBeDefined();
    const account = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      namespace,
      name: "vworkspace-release",
    };
    expect(await api.get(account)).toBeDefined();
    await agent.stop();

    await leave(api, options);
    await eventually(
      "our kinds are gone for every client",
      async () => !(await api.serves(APPLICATION_INSTANCE)),
      60_000,
    );
  }, 240_000);
});
