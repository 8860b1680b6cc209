import { gzipSync } from "node:zlib";
import { engineRun } from "../../testing/engine-run";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import { WORKFLOW, WORKFLOW_TEMPLATE } from "./workflow";
import { WorkflowObserver } from "./workflow.observe";

const namespace = "shop";
const RUN = engineRun({
  engine: "workflow",
  type: "Runbook",
  parameters: { template: "tidy" },
});
const NODES = { a: { id: "a", phase: "Failed" } };

const zipped = (value: unknown) =>
  gzipSync(JSON.stringify(value)).toString("base64");

describe("What is seen of a workflow", () => {
  let api: MemoryKubeApi;
  beforeEach(() => {
    api = new MemoryKubeApi();
  });

  const observe = () => new WorkflowObserver({ api }).observe(RUN);
  const account = (name: string) =>
    api.put({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
    });

  it.each<[string, object, object]>([
    ["plain", { nodes: NODES }, NODES],
    ["zipped", { nodes: {}, compressedNodes: zipped(NODES) }, NODES],
    ["torn", { compressedNodes: "AAAA" }, {}],
    ["of another shape", { compressedNodes: zipped([1]) }, {}],
    ["none", {}, {}],
  ])("are its nodes: %s", async (_, status, nodes) => {
    const metadata = { name: "op-u-op", namespace };
    api.put({ ...WORKFLOW, metadata, spec: {}, status });
    const seen = await observe();
    expect(seen.nodes).toEqual(nodes);
    expect(seen.workflow?.metadata.name).toBe("op-u-op");
  });

  it("are its template and the runner before there is one", async () => {
    const name = "vworkspace-operation-runner";
    expect(await observe()).toEqual({
      nodes: {},
      account: { name, problem: "missing" },
    });
    account(name);
    api.put({
      ...WORKFLOW_TEMPLATE,
      metadata: { name: "tidy", namespace },
      spec: {},
    });
    const seen = await observe();
    expect(seen.template?.metadata.name).toBe("tidy");
    expect(seen).not.toHaveProperty("account");
  });
});
