import type { KubeObject } from "@vworkspace/kube";
import {
  type JsonObject,
  LABELS,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
  type WorkflowParameters,
} from "@vworkspace/resources";
import { cutText } from "../foreign-words";
import type { EngineEnd, EngineRun, EngineVerdict } from "../engine";
import {
  engineLabels,
  engineObjectName,
  isOfOperation,
} from "../engine-objects";
import {
  type AccountProblem,
  unusableAccount,
} from "../operation-account.decide";
import { argumentProblem } from "./template-arguments.decide";
import {
  WORKFLOW,
  type Workflow,
  type WorkflowNodes,
  type WorkflowTemplate,
} from "./workflow";
import {
  firstFailedNode,
  nameOf,
  runningNode,
  suspendedNode,
} from "./workflow-nodes.decide";

/** What there is of a workflow, and of its template before there is a workflow. */
export interface WorkflowSeen {
  /** What has the workflow's name, whosever it is. */
  readonly workflow?: Workflow;
  readonly nodes: WorkflowNodes;
  readonly template?: WorkflowTemplate;
  readonly account?: AccountProblem;
}

const ENDED = ["Succeeded", "Failed", "Error"];
const LOOK_AGAIN_MS = 5_000;

export function decideWorkflow(
  run: EngineRun,
  seen: WorkflowSeen,
): EngineVerdict {
  const { workflow } = seen;
  const name = engineObjectName(run.uid);
  if (workflow === undefined)
    return run.outputs["workflowName"] === name
      ? failed(
          `Workflow ${name} is gone: somebody, or a short ttlStrategy of its template, deleted it before the operation knew its end. Whether it did its work is unknown.`,
        )
      : beginning(run, seen);
  if (!isOfOperation(workflow, run.uid))
    return failed(
      `Workflow ${name} is somebody else's: it has not the label ${LABELS.operation}=${run.uid}. Delete it, then try again in a new operation.`,
    );
  return following(run, workflow, seen.nodes);
}

/**
 * Has Argo end the workflow and waits for it. The object stays for whoever wants to know what was done; it goes with the
 * operation.
 */
export function endOfWorkflow(
  run: EngineRun,
  { workflow }: WorkflowSeen,
): EngineEnd {
  if (workflow === undefined || !isOfOperation(workflow, run.uid))
    return { state: "ended" };
  const { name, deletionTimestamp } = workflow.metadata;
  if (!hasEnded(workflow)) return terminating(workflow);
  if (run.operation.metadata.deletionTimestamp === undefined)
    return { state: "ended", message: `Workflow ${name} has ended.` };
  return {
    state: "ending",
    message: `Workflow ${name} is being deleted.`,
    ...(deletionTimestamp === undefined
      ? { action: { do: "delete", object: workflow } }
      : { recheckAfterMs: LOOK_AGAIN_MS }),
  };
}

function terminating(workflow: Workflow): EngineEnd {
  const { name } = workflow.metadata;
  const isTold = workflow.spec.shutdown === "Terminate";
  return {
    state: "ending",
    message: `Workflow ${name} is being terminated.`,
    recheckAfterMs: LOOK_AGAIN_MS,
    ...(!isTold && {
      action: {
        do: "patch",
        object: workflow,
        patch: { spec: { shutdown: "Terminate" } },
      },
    }),
  };
}

function hasEnded({ status }: Workflow): boolean {
  return ENDED.includes(status?.phase ?? "");
}

function failed(message: string): EngineVerdict {
  return { state: "failed", reason: "EngineFailed", message };
}

function beginning(
  run: EngineRun,
  { template, account }: WorkflowSeen,
): EngineVerdict {
  const parameters = run.parameters as unknown as WorkflowParameters;
  const problem = template
    ? argumentProblem(parameters, template)
    : `spec.parameters.template is ${parameters.template}, and namespace ${run.namespace} has no WorkflowTemplate of that name: create it, then try again in a new operation.`;
  if (problem !== undefined)
    return { state: "failed", reason: "PreconditionFailed", message: problem };
  if (account) return unusableAccount(run, account);
  const object = workflowOf(run);
  return {
    state: "working",
    reason: "EngineStarted",
    message: `Workflow ${object.metadata.name} is being created.`,
    action: { do: "create", object, isOwned: true },
  };
}

function workflowOf(run: EngineRun): KubeObject {
  const {
    template,
    templateParameters = {},
    timeoutSeconds,
  } = run.parameters as unknown as WorkflowParameters;
  return {
    ...WORKFLOW,
    metadata: {
      name: engineObjectName(run.uid),
      namespace: run.namespace,
      // Velero would restore it without its status, and Argo would run it again.
      labels: { ...engineLabels(run), [LABELS.velero]: "true" },
    },
    spec: {
      workflowTemplateRef: { name: template },
      arguments: {
        parameters: Object.entries(templateParameters).map(([name, value]) => ({
          name,
          value,
        })),
      },
      serviceAccountName: OPERATION_RUNNER_SERVICE_ACCOUNT,
      // Of every pod, whatever the template says.
      securityContext: {
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...(timeoutSeconds !== undefined && {
        activeDeadlineSeconds: timeoutSeconds,
      }),
    },
  };
}

function following(
  run: EngineRun,
  workflow: Workflow,
  nodes: WorkflowNodes,
): EngineVerdict {
  const { name, namespace = "" } = workflow.metadata;
  const told = {
    outputs: outputsOf(workflow),
    logsRef: { kind: WORKFLOW.kind, name, namespace },
  };
  switch (workflow.status?.phase) {
    case "Succeeded":
      return {
        state: "succeeded",
        reason: "WorkflowSucceeded",
        message: `Workflow ${name} is done.`,
        ...told,
      };
    case "Failed":
    case "Error":
      return failure(run, workflow, nodes);
    default:
      return { state: "working", ...progress(workflow, nodes), ...told };
  }
}

function outputsOf({ metadata }: Workflow): JsonObject {
  const { name, uid } = metadata;
  return { workflowName: name, ...(uid !== undefined && { runId: uid }) };
}

function failure(
  { parameters }: EngineRun,
  workflow: Workflow,
  nodes: WorkflowNodes,
): EngineVerdict {
  const { name, namespace = "" } = workflow.metadata;
  const { failureAction } = parameters as unknown as WorkflowParameters;
  const node = firstFailedNode(nodes);
  const words = node?.message ?? workflow.status?.message ?? "";
  const where = node ? ` at step ${nameOf(node)}` : "";
  const why = words === "" ? "without a word" : cutText(words);
  const message = `Workflow ${name} failed${where}: ${why}`;
  const told = {
    outputs: {
      ...outputsOf(workflow),
      ...(node && { failedNode: nameOf(node) }),
    },
    logsRef: { kind: WORKFLOW.kind, name, namespace },
  };
  if (failureAction !== "Degrade")
    return { state: "failed", reason: "WorkflowFailed", message, ...told };
  return {
    state: "succeeded",
    reason: "EngineCompleted",
    message: `Workflow ${name} has ended, and its failure counts as done (failureAction Degrade).`,
    degraded: { reason: "WorkflowFailed", message },
    ...told,
  };
}

function progress(workflow: Workflow, nodes: WorkflowNodes) {
  const waits = waitsAt(workflow, nodes);
  if (waits === undefined)
    return {
      reason: "EngineStarted" as const,
      message: `Workflow ${workflow.metadata.name} ${activity(workflow, nodes)}.`,
    };
  const steps = stepsOf(workflow);
  const how = steps === undefined ? "" : ` (${steps})`;
  return {
    reason: "WorkflowSuspended" as const,
    message: `Workflow ${workflow.metadata.name} ${waits}${how}: it goes on when somebody resumes it.`,
  };
}

function waitsAt({ spec }: Workflow, nodes: WorkflowNodes): string | undefined {
  const node = suspendedNode(nodes);
  if (node) return `waits at step ${nameOf(node)}`;
  return spec.suspend === true ? "is suspended as a whole" : undefined;
}

function activity(workflow: Workflow, nodes: WorkflowNodes): string {
  if (workflow.metadata.deletionTimestamp !== undefined)
    return "is being deleted by somebody";
  const running = runningNode(nodes);
  const now = running === undefined ? "" : `, now at step ${nameOf(running)}`;
  const phase = workflow.status?.phase;
  if (phase === undefined || phase === "")
    return "has not been taken up by Argo yet";
  return `is ${phase}: ${stepsOf(workflow) ?? "no step begun"}${now}`;
}

function stepsOf({ status }: Workflow): string | undefined {
  const { progress: steps } = status ?? {};
  return steps ? `${steps} steps done` : undefined;
}
