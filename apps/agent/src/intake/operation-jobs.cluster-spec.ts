import { operationDigest } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import {
  ANNOTATIONS,
  APPLICATION_INSTANCE,
  OPERATION,
} from "@vworkspace/resources";
import { AgentBench } from "../testing/agent-bench";
import { eventually } from "../../../../test/cluster/eventually";

/** Operations are carried into the cluster and out of it; what performs them comes with a later release. */
describe("Jobs that carry an Operation", () => {
  let bench: AgentBench;
  beforeAll(async () => {
    bench = await AgentBench.open();
  }, 600_000);
  afterAll(() => bench?.stop(), 120_000);

  it("create it and delete it, with the rights of a namespace that opted in", async () => {
    const { api, gateway } = bench;
    const agent = await bench.startAgent();
    const namespace = await bench.optedIn("operations");
    const ref = { ...OPERATION, namespace, name: "backup" };
    const applied = gateway.issueApply(agent.clusterId, {
      ...OPERATION,
      metadata: { name: "backup", namespace },
      spec: {
        targetRef: { ...APPLICATION_INSTANCE, name: "web" },
        type: "Backup",
        engine: "velero",
      },
    });
    await eventually(
      "the operation is there",
      async () => {
        const { error, outcome } = gateway.job(applied.jobId);
        if (outcome === "failed") throw new Error(error);
        return (await api.get(ref)) !== undefined;
      },
      60_000,
    );
    const { jobId } = gateway.issueDelete(agent.clusterId, ref);
    expect(await gateway.settled(jobId, 60_000)).toMatchObject({
      outcome: "succeeded",
    });
    expect(await api.get(ref)).toBe(undefined);
    await agent.stop();
  }, 180_000);

  it("bring it as somebody approved of it: an approval counts for what the cluster then holds", async () => {
    const { api, gateway } = bench;
    const agent = await bench.startAgent();
    const namespace = await bench.optedIn("approved-operations");
    const ref = { ...OPERATION, namespace, name: "restore" };
    const spec = {
      targetRef: { ...APPLICATION_INSTANCE, name: "web" },
      type: "Restore",
      engine: "velero",
      parameters: {
        backupName: "nächtlich",
        restorePVs: false,
        namespaceMapping: {},
        includedResources: [],
        labelSelector: { matchLabels: { "app.kubernetes.io/name": "web" } },
        deep: { count: 0, ratio: 0.1, large: 9007199254740991, text: "" },
      },
      approvals: { required: true },
      policy: { timeoutSeconds: 60 },
      cancel: false,
    };
    const annotations = { [ANNOTATIONS.operationId]: "op-1" };
    const metadata = { name: "restore", namespace, annotations };
    gateway.issueApply(agent.clusterId, { ...OPERATION, metadata, spec });
    const read = () => api.get<KubeObject & { spec: object }>(ref);
    await eventually(
      "the operation is there",
      async () => (await read()) !== undefined,
      60_000,
    );
    const found = await read();
    expect(found?.metadata.annotations).toMatchObject(annotations);
    expect(await operationDigest(found?.spec ?? {})).toBe(
      await operationDigest(spec),
    );
    await agent.stop();
  }, 180_000);
});
