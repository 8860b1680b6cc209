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

  /** Has a job bring the operation. @returns it, as the cluster has it @throws Error with what the job says of itself */
  async function carried(clusterId: string, operation: KubeObject) {
    const { apiVersion, kind, metadata } = operation;
    const { jobId } = bench.gateway.issueApply(clusterId, operation);
    return eventually(
      "the operation is there",
      async () => {
        const found = await bench.api.get<KubeObject & { spec: object }>({
          apiVersion,
          kind,
          namespace: metadata.namespace ?? "",
          name: metadata.name,
        });
        if (found) return found;
        throw new Error(JSON.stringify(bench.gateway.job(jobId)));
      },
      60_000,
    );
  }

  it("create it and delete it, with the rights of a namespace that opted in", async () => {
    const { api, gateway } = bench;
    const agent = await bench.startAgent();
    const namespace = await bench.optedIn("operations");
    const ref = { ...OPERATION, namespace, name: "backup" };
    await carried(agent.clusterId, {
      ...OPERATION,
      metadata: { name: "backup", namespace },
      spec: {
        targetRef: { ...APPLICATION_INSTANCE, name: "web" },
        type: "Backup",
        engine: "velero",
      },
    });
    const { jobId } = gateway.issueDelete(agent.clusterId, ref);
    expect(await gateway.settled(jobId, 60_000)).toMatchObject({
      outcome: "succeeded",
    });
    expect(await api.get(ref)).toBe(undefined);
    await agent.stop();
  }, 180_000);

  it("bring it as somebody approved of it: an approval counts for what the cluster then holds", async () => {
    const agent = await bench.startAgent();
    const namespace = await bench.optedIn("approved-operations");
    const spec = {
      targetRef: { ...APPLICATION_INSTANCE, name: "web" },
      type: "Restore",
      engine: "job",
      parameters: {
        image: "restore:1.0",
        command: [],
        args: ["nächtlich", ""],
        env: [
          { name: "EMPTY", value: "" },
          { name: "KEY", secretRef: { name: "bucket", key: "key" } },
        ],
        activeDeadlineSeconds: 90,
        backoffLimit: 0,
      },
      approvals: { required: true },
      policy: { timeoutSeconds: 60 },
      cancel: false,
    };
    const annotations = { [ANNOTATIONS.operationId]: "op-1" };
    const metadata = { name: "restore", namespace, annotations };
    const found = await carried(agent.clusterId, {
      ...OPERATION,
      metadata,
      spec,
    });
    expect(found.metadata.annotations).toMatchObject(annotations);
    expect(await operationDigest(found.spec)).toBe(await operationDigest(spec));
    await agent.stop();
  }, 180_000);
});
