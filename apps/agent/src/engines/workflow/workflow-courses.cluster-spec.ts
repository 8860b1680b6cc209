import { newId } from "@vworkspace/kernel";
import { refOf } from "@vworkspace/kube";
import { ArgoBench } from "../../testing/argo-bench";
import { EngineCourse } from "../../testing/engine-course";
import { coverage } from "../../testing/permission-use";
import type { Engine, EngineRun, EngineVerdict } from "../engine";
import { engineObjectName } from "../engine-objects";
import { WORKFLOW } from "./workflow";
import { WorkflowEngine } from "./workflow.engine";
import { WORKFLOW_PERMISSIONS } from "./workflow.permissions";

let bench: ArgoBench;
let engine: WorkflowEngine;
let uid: string;

beforeAll(async () => {
  bench = await ArgoBench.open();
  engine = new WorkflowEngine({ api: bench.engineApi });
}, 1_200_000);

afterAll(() => bench?.close());

beforeEach(async () => {
  uid = newId();
  await bench.enterNamespace("tidy", [
    { name: "days" },
    { name: "mode", value: "soft", enum: ["soft", "hard"] },
  ]);
});

function start(parameters: object = {}, of: Engine = engine): EngineCourse {
  return new EngineCourse(of, {
    api: bench.engineApi,
    namespace: bench.namespace,
    uid,
    spec: {
      engine: "workflow",
      type: "Runbook",
      parameters: {
        template: "tidy",
        templateParameters: { days: "7" },
        timeoutSeconds: 600,
        ...parameters,
      },
    },
  });
}

/** The operation is being deleted from now on. */
function deleted(): Engine {
  const of = (run: EngineRun): EngineRun => ({
    ...run,
    operation: {
      ...run.operation,
      metadata: {
        ...run.operation.metadata,
        deletionTimestamp: "2026-01-01T00:00:00Z",
      },
    },
  });
  const whole: Engine = engine;
  return {
    name: engine.name,
    kinds: () => engine.kinds(),
    secrets: () => engine.secrets(),
    observe: (run) => whole.observe(of(run)),
    decide: (run, seen) => whole.decide(of(run), seen),
    end: (run, seen) => whole.end(of(run), seen),
  };
}

async function theWorkflow() {
  const workflow = await bench.workflowOf(uid);
  if (workflow === undefined) throw new Error("There is no workflow.");
  return workflow;
}

const said = (verdict: EngineVerdict) => `${verdict.state} ${verdict.reason}`;
const node = (id: string, phase: string, more: object = {}) => ({
  [id]: {
    id,
    name: id,
    displayName: id,
    type: "Pod",
    phase,
    startedAt: "2026-01-01T00:00:00Z",
    finishedAt: "2026-01-01T00:00:00Z",
    ...more,
  },
});

describe("A workflow of an operation", () => {
  it("goes step by step, and succeeds", async () => {
    const course = start();
    expect((await course.settle()).message).toContain("not been taken up");
    const { metadata, spec } = await theWorkflow();
    expect(spec).toMatchObject({
      workflowTemplateRef: { name: "tidy" },
      arguments: { parameters: [{ name: "days", value: "7" }] },
      serviceAccountName: "vworkspace-operation-runner",
      activeDeadlineSeconds: 600,
    });
    await bench.play(uid, {
      phase: "Running",
      progress: "2/5",
      nodes: node("dump", "Running"),
    });
    expect((await course.pass()).message).toContain(
      "2/5 steps done, now at step dump",
    );
    await bench.play(uid, { phase: "Succeeded", progress: "5/5" });
    expect(await course.pass()).toMatchObject({
      state: "succeeded",
      reason: "WorkflowSucceeded",
      outputs: { workflowName: engineObjectName(uid), runId: metadata.uid },
    });
    expect((await theWorkflow()).metadata.uid).toBe(metadata.uid);
  });

  it("waits for somebody, and goes on", async () => {
    const course = start();
    await course.settle();
    const gate = node("gate", "Running", { type: "Suspend" });
    await bench.play(uid, { phase: "Running", nodes: gate });
    expect(said(await course.pass())).toBe("working WorkflowSuspended");
    await bench.play(uid, {
      phase: "Running",
      nodes: node("gate", "Succeeded", { type: "Suspend" }),
    });
    expect(said(await course.pass())).toBe("working EngineStarted");
  });

  it.each([
    ["Fail", "failed WorkflowFailed"],
    ["Degrade", "succeeded EngineCompleted"],
  ])(
    "fails at a step; with failureAction %s it has %s",
    async (failureAction, outcome) => {
      const course = start({ failureAction });
      await course.settle();
      await bench.play(uid, {
        phase: "Failed",
        nodes: {
          ...node("root", "Failed", { type: "Steps" }),
          ...node("dump", "Failed", { message: "Error (exit code 3)" }),
        },
      });
      const verdict = await course.pass();
      expect(said(verdict)).toBe(outcome);
      expect(verdict.outputs).toMatchObject({ failedNode: "dump" });
      expect(JSON.stringify(verdict)).toContain("Error (exit code 3)");
    },
  );

  it("vanishes, and is not made again", async () => {
    const course = start();
    await course.settle();
    await bench.api.delete(refOf(await theWorkflow()));
    const verdict = await course.settle();
    expect(said(verdict)).toBe("failed EngineFailed");
    expect(verdict.message).toContain("is gone");
    expect(await bench.workflowOf(uid)).toBe(undefined);
  });

  it("is found by an agent that was killed when it had made it, whatever became of the template", async () => {
    await start().settle();
    const { metadata } = await theWorkflow();
    await bench.api.delete({
      apiVersion: "argoproj.io/v1alpha1",
      kind: "WorkflowTemplate",
      name: "tidy",
      namespace: bench.namespace,
    });
    await bench.play(uid, { phase: "Succeeded" });
    const course = start();
    expect(said(await course.pass())).toBe("succeeded WorkflowSucceeded");
    expect((await theWorkflow()).metadata.uid).toBe(metadata.uid);
  });

  it("is cancelled: Argo ends it, and it stays to be looked at", async () => {
    const course = start();
    await course.settle();
    await bench.play(uid, { phase: "Running" });
    expect(await course.end()).toMatchObject({ state: "ending" });
    expect((await theWorkflow()).spec.shutdown).toBe("Terminate");
    expect(await course.end()).toMatchObject({ state: "ending" });
    await bench.play(uid, { phase: "Failed" });
    expect((await course.end()).state).toBe("ended");
    expect(await bench.workflowOf(uid)).toBeDefined();
  });

  it("goes with its operation, once Argo has ended it", async () => {
    await start().settle();
    await bench.play(uid, { phase: "Running" });
    const course = start({}, deleted());
    expect(await course.end()).toMatchObject({ state: "ending" });
    expect(await bench.workflowOf(uid)).toBeDefined();
    await bench.play(uid, { phase: "Failed" });
    expect(await course.end()).toEqual({ state: "ended" });
    expect(await bench.workflowOf(uid)).toBe(undefined);
  });

  it("leaves somebody else's of its name alone", async () => {
    const [name, { namespace }] = [engineObjectName(uid), bench];
    await bench.put({
      ...WORKFLOW,
      metadata: { name, namespace },
      spec: { workflowTemplateRef: { name: "tidy" } },
    });
    const verdict = await start().settle();
    expect(said(verdict)).toBe("failed EngineFailed");
    expect(verdict.message).toContain("somebody else's");
    expect((await start().end()).state).toBe("ended");
    expect((await theWorkflow()).spec.shutdown).toBe(undefined);
  });
});

describe("A workflow that can't be made", () => {
  it.each<[string, object, string]>([
    ["template", { template: "tidier" }, "spec.parameters.template is tidier"],
    [
      "argument",
      { templateParameters: { days: "7", dayz: "8" } },
      "spec.parameters.templateParameters.dayz",
    ],
    [
      "value",
      { templateParameters: {} },
      "templateParameters.days is required",
    ],
    [
      "allowed value",
      { templateParameters: { days: "7", mode: "wild" } },
      "soft, hard",
    ],
  ])("lacks its %s, and says so", async (_, parameters, words) => {
    const verdict = await start(parameters).settle();
    expect(said(verdict)).toBe("failed PreconditionFailed");
    expect(verdict.message).toContain(words);
    expect(await bench.workflowOf(uid)).toBe(undefined);
  });
});

describe("The rights of the engine workflow", () => {
  it("are those that it used, and no others", () => {
    expect(coverage(WORKFLOW_PERMISSIONS, bench.uses)).toEqual({
      undeclared: [],
      unused: [],
    });
  });
});
