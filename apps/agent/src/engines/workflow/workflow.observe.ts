import type { WorkflowParameters } from "@vworkspace/resources";
import { z } from "zod";
import type { EngineReads, EngineRun } from "../engine";
import { engineObjectName } from "../engine-objects";
import { gunzipJson } from "../gunzip-json.observe";
import { operationAccountProblem } from "../operation-account.observe";
import {
  WORKFLOW,
  type Workflow,
  WORKFLOW_TEMPLATE,
  type WorkflowNodes,
  type WorkflowTemplate,
} from "./workflow";
import type { WorkflowSeen } from "./workflow.decide";

const MOST_BYTES = 8 * 1024 * 1024;

const nodesSchema = z.record(
  z.string(),
  z.looseObject({ id: z.string(), phase: z.string().optional() }),
);

/** Reads what decisions about one workflow rest on. */
export class WorkflowObserver {
  constructor(private readonly reads: Pick<EngineReads, "api">) {}

  async observe(run: EngineRun): Promise<WorkflowSeen> {
    const { api } = this.reads;
    const { uid, namespace } = run;
    const name = engineObjectName(uid);
    const workflow = await api.get<Workflow>({ ...WORKFLOW, namespace, name });
    if (workflow) return { workflow, nodes: await nodesOf(workflow) };
    const parameters = run.parameters as unknown as WorkflowParameters;
    const template = await api.get<WorkflowTemplate>({
      ...WORKFLOW_TEMPLATE,
      namespace,
      name: parameters.template,
    });
    const account = await operationAccountProblem(api, namespace);
    return {
      nodes: {},
      ...(template && { template }),
      ...(account && { account }),
    };
  }
}

/** Where Argo keeps them in a database of its own there are none to be seen: the workflow's message has to do. */
async function nodesOf({ status }: Workflow): Promise<WorkflowNodes> {
  const { nodes, compressedNodes } = status ?? {};
  if (compressedNodes === undefined) return nodes ?? {};
  const parsed = nodesSchema.safeParse(
    await gunzipJson(compressedNodes, MOST_BYTES),
  );
  return parsed.success ? (parsed.data as WorkflowNodes) : {};
}
