import { engineRun, type EngineRunOptions } from "../../testing/engine-run";
import type { EngineAction } from "../engine";
import { engineLabels } from "../engine-objects";
import {
  WORKFLOW,
  WORKFLOW_TEMPLATE,
  type Workflow,
  type WorkflowNode,
  type WorkflowNodes,
  type WorkflowTemplate,
} from "./workflow";
import {
  decideWorkflow,
  endOfWorkflow,
  type WorkflowSeen,
} from "./workflow.decide";

const of = (parameters: object = {}, options: EngineRunOptions = {}) =>
  engineRun(
    {
      engine: "workflow",
      type: "Runbook",
      parameters: { template: "tidy", ...parameters },
    },
    options,
  );

const TEMPLATE: WorkflowTemplate = {
  ...WORKFLOW_TEMPLATE,
  metadata: { name: "tidy", namespace: "shop" },
  spec: {
    arguments: {
      parameters: [
        { name: "days" },
        { name: "depth", value: "1" },
        { name: "mode", default: "soft", enum: ["soft", "hard"] },
        { name: "host", valueFrom: {} },
      ],
    },
  },
};
const DAYS = { templateParameters: { days: "7" } };

const workflow = (
  status: Workflow["status"] = {},
  spec: Workflow["spec"] = {},
  metadata: object = {},
): Workflow => ({
  ...WORKFLOW,
  metadata: {
    name: "op-u-op",
    namespace: "shop",
    uid: "u1",
    labels: engineLabels(of()),
    ...metadata,
  },
  spec,
  status,
});

const node = (id: string, fields: Partial<WorkflowNode>): WorkflowNodes => ({
  [id]: { id, displayName: id, type: "Pod", ...fields },
});

const seen = (of: Workflow, nodes: WorkflowNodes = {}): WorkflowSeen => ({
  workflow: of,
  nodes,
});

describe("A workflow that is not there", () => {
  it("is created from its template, under the runner's account", () => {
    const parameters = { ...DAYS, timeoutSeconds: 60 };
    const verdict = decideWorkflow(of(parameters), {
      template: TEMPLATE,
      nodes: {},
    });
    expect(verdict).toMatchObject({
      state: "working",
      reason: "EngineStarted",
      action: {
        do: "create",
        object: {
          ...WORKFLOW,
          metadata: {
            name: "op-u-op",
            namespace: "shop",
            labels: {
              "ops.vworkspace.io/operation": "u-op",
              "velero.io/exclude-from-backup": "true",
            },
          },
          spec: {
            workflowTemplateRef: { name: "tidy" },
            arguments: { parameters: [{ name: "days", value: "7" }] },
            serviceAccountName: "vworkspace-operation-runner",
            activeDeadlineSeconds: 60,
            securityContext: { runAsNonRoot: true },
          },
        },
      },
    });
    expect(verdict).not.toHaveProperty("outputs");
  });

  it.each<[string, object, Partial<WorkflowSeen>, string]>([
    [
      "its template is missing",
      DAYS,
      {},
      "spec.parameters.template is tidy, and namespace shop has no WorkflowTemplate",
    ],
    [
      "an argument is unknown",
      { templateParameters: { days: "7", dayz: "8" } },
      { template: TEMPLATE },
      "spec.parameters.templateParameters.dayz is no parameter of WorkflowTemplate tidy: it declares days, depth, mode, host.",
    ],
    [
      "the template takes no arguments",
      DAYS,
      { template: { ...TEMPLATE, spec: {} } },
      "it declares none",
    ],
    [
      "a needed argument is missing",
      {},
      { template: TEMPLATE },
      "spec.parameters.templateParameters.days is required",
    ],
    [
      "a value is not allowed",
      { templateParameters: { days: "7", mode: "wild" } },
      { template: TEMPLATE },
      "spec.parameters.templateParameters.mode is none of the values that the template allows, soft, hard",
    ],
    [
      "the runner is missing",
      DAYS,
      {
        template: TEMPLATE,
        account: { name: "vworkspace-operation-runner", problem: "missing" },
      },
      "kubectl create serviceaccount vworkspace-operation-runner -n shop",
    ],
  ])("is not created where %s", (_, parameters, what, words) => {
    const verdict = decideWorkflow(of(parameters), { nodes: {}, ...what });
    expect(verdict).toMatchObject({
      state: "failed",
      reason: "PreconditionFailed",
    });
    expect(verdict.message).toContain(words);
  });

  it("and was seen is not created again", () => {
    const run = of(DAYS, { outputs: { workflowName: "op-u-op" } });
    const verdict = decideWorkflow(run, { template: TEMPLATE, nodes: {} });
    expect(verdict).toMatchObject({ state: "failed", reason: "EngineFailed" });
    expect(verdict.message).toContain("Workflow op-u-op is gone");
  });
});

const WAITING = node("gate", { type: "Suspend", phase: "Running" });
const FAILED: WorkflowNodes = {
  ...node("root", { type: "Steps", phase: "Failed", finishedAt: "2" }),
  ...node("try", { type: "Retry", phase: "Succeeded", children: ["try-0"] }),
  ...node("try-0", { phase: "Failed", message: "mended", finishedAt: "0" }),
  ...node("later", { phase: "Error", message: "too", finishedAt: "3" }),
  ...node("dump", { phase: "Failed", message: "exit 1", finishedAt: "2" }),
};

describe("A workflow that is there", () => {
  it.each<[string, WorkflowSeen, string, string]>([
    [
      "was not taken up yet",
      seen(workflow()),
      "working EngineStarted",
      "Workflow op-u-op has not been taken up by Argo yet.",
    ],
    [
      "has no step yet",
      seen(workflow({ phase: "Pending" })),
      "working EngineStarted",
      "Workflow op-u-op is Pending: no step begun.",
    ],
    [
      "runs",
      seen(workflow({ phase: "Running", progress: "2/5" }), {
        ...node("first", { phase: "Running", startedAt: "1" }),
        ...node("second", { phase: "Running", startedAt: "2" }),
        ...node("group", { type: "Steps", phase: "Running", startedAt: "3" }),
      }),
      "working EngineStarted",
      "Workflow op-u-op is Running: 2/5 steps done, now at step second.",
    ],
    [
      "is being deleted",
      seen(workflow({ phase: "Running" }, {}, { deletionTimestamp: "2026" })),
      "working EngineStarted",
      "Workflow op-u-op is being deleted by somebody.",
    ],
    [
      "waits at a step",
      seen(workflow({ phase: "Running", progress: "1/2" }), WAITING),
      "working WorkflowSuspended",
      "Workflow op-u-op waits at step gate (1/2 steps done): it goes on when somebody resumes it.",
    ],
    [
      "is suspended",
      seen(workflow({ phase: "Running" }, { suspend: true })),
      "working WorkflowSuspended",
      "Workflow op-u-op is suspended as a whole: it goes on when somebody resumes it.",
    ],
    [
      "is done",
      seen(workflow({ phase: "Succeeded" })),
      "succeeded WorkflowSucceeded",
      "Workflow op-u-op is done.",
    ],
    [
      "failed at a step",
      seen(workflow({ phase: "Failed", message: "child failed" }), FAILED),
      "failed WorkflowFailed",
      "Workflow op-u-op failed at step dump: exit 1",
    ],
    [
      "failed as a whole",
      seen(workflow({ phase: "Error", message: "invalid spec" })),
      "failed WorkflowFailed",
      "Workflow op-u-op failed: invalid spec",
    ],
    [
      "failed in silence",
      seen(workflow({ phase: "Failed" })),
      "failed WorkflowFailed",
      "Workflow op-u-op failed: without a word",
    ],
    [
      "failed at a group of steps",
      seen(
        workflow({ phase: "Failed" }),
        node("all", { type: "DAG", phase: "Failed", message: "no pod" }),
      ),
      "failed WorkflowFailed",
      "Workflow op-u-op failed at step all: no pod",
    ],
    [
      "is somebody else's",
      seen(workflow({ phase: "Succeeded" }, {}, { labels: {} })),
      "failed EngineFailed",
      "Workflow op-u-op is somebody else's: it has not the label ops.vworkspace.io/operation=u-op. Delete it, then try again in a new operation.",
    ],
  ])("%s", (_, what, state, message) => {
    const verdict = decideWorkflow(of(DAYS), what);
    expect(`${verdict.state} ${verdict.reason}`).toBe(state);
    expect(verdict.message).toBe(message);
    expect(verdict).not.toHaveProperty("action");
  });

  it("is told by name, uid and the step that failed", () => {
    const failure = seen(workflow({ phase: "Failed" }), FAILED);
    expect(decideWorkflow(of(DAYS), failure)).toMatchObject({
      outputs: { workflowName: "op-u-op", runId: "u1", failedNode: "dump" },
      logsRef: { kind: "Workflow", name: "op-u-op", namespace: "shop" },
    });
  });

  it("may fail and count as done, and says so", () => {
    const run = of({ ...DAYS, failureAction: "Degrade" });
    const failure = seen(workflow({ phase: "Failed" }), FAILED);
    expect(decideWorkflow(run, failure)).toMatchObject({
      state: "succeeded",
      reason: "EngineCompleted",
      outputs: { failedNode: "dump" },
      degraded: {
        reason: "WorkflowFailed",
        message: "Workflow op-u-op failed at step dump: exit 1",
      },
    });
  });
});

describe("The end of a workflow", () => {
  const DELETED = { isDeleted: true };
  const RUNNING = { phase: "Running" };
  const TOLD = { shutdown: "Terminate" };
  const GOING = { deletionTimestamp: "2026" };

  it.each<[string, EngineRunOptions, Workflow | undefined, string]>([
    ["has Argo end it", {}, workflow(RUNNING), "ending patch"],
    ["waits for Argo", {}, workflow(RUNNING, TOLD), "ending nothing"],
    ["is there", {}, workflow({ phase: "Failed" }, TOLD), "ended nothing"],
    ["has Argo end it first", DELETED, workflow(RUNNING), "ending patch"],
    [
      "takes it away with the operation",
      DELETED,
      workflow({ phase: "Error" }),
      "ending delete",
    ],
    [
      "waits while it is going",
      DELETED,
      workflow({ phase: "Failed" }, {}, GOING),
      "ending nothing",
    ],
    ["has nothing to do", DELETED, undefined, "ended nothing"],
    [
      "leaves somebody else's",
      DELETED,
      workflow(RUNNING, {}, { labels: {} }),
      "ended nothing",
    ],
  ])("%s", (_, options, what, state) => {
    const end = endOfWorkflow(of(DAYS, options), {
      nodes: {},
      ...(what && { workflow: what }),
    });
    const { action: written } = end as { action?: EngineAction };
    expect(`${end.state} ${written?.do ?? "nothing"}`).toBe(state);
    if (written?.do === "patch")
      expect(end).toMatchObject({ action: { patch: { spec: TOLD } } });
  });
});
