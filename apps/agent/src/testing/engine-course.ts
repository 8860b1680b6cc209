import type { JsonObject } from "@vworkspace/resources";
import {
  type ApplicationInstance,
  APPLICATION_INSTANCE,
  OPERATION,
  type Operation,
  type OperationSpec,
  readParameters,
} from "@vworkspace/resources";
import type { KubeApi } from "@vworkspace/kube";
import type {
  Engine,
  EngineAction,
  EngineEnd,
  EngineRun,
  EngineVerdict,
} from "../engines/engine";
import { EngineActions } from "../engines/engine-actions";

export interface EngineCourseOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly uid: string;
  readonly spec: Omit<OperationSpec, "targetRef">;
  readonly target?: ApplicationInstance;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** One engine at work on one operation, pass by pass, as the reconciler has it; nothing is kept but the status' outputs. */
export class EngineCourse {
  outputs: JsonObject = {};
  private readonly actions: EngineActions;
  private readonly startedAt: number;

  constructor(
    private readonly engine: Engine,
    private readonly options: EngineCourseOptions,
  ) {
    this.actions = new EngineActions(options.api);
    this.startedAt = this.now();
  }

  get run(): EngineRun {
    const { namespace, uid, spec, target } = this.options;
    const { outputs, startedAt } = this;
    const instance = target ?? instanceOf(namespace);
    const { name } = instance.metadata;
    const operation: Operation = {
      ...OPERATION,
      metadata: { name: "operation", namespace, uid },
      spec: { ...spec, targetRef: { ...APPLICATION_INSTANCE, name } },
    };
    const { parameters } = readParameters(operation.spec);
    return {
      operation,
      uid,
      namespace,
      target: instance,
      parameters,
      outputs,
      startedAt,
      now: this.now(),
    };
  }

  /** One pass: look, decide, at most one write. */
  async pass(): Promise<EngineVerdict> {
    const { run } = this;
    const verdict = this.engine.decide(run, await this.engine.observe(run));
    this.outputs = { ...this.outputs, ...verdict.outputs };
    if (verdict.state === "working" && verdict.action)
      await this.actions.perform(unowned(verdict.action), run.operation);
    return verdict;
  }

  /** Passes until nothing is left to be written. */
  async settle(): Promise<EngineVerdict> {
    for (let passes = 0; passes < 20; passes += 1) {
      const verdict = await this.pass();
      if (verdict.state !== "working" || !verdict.action) return verdict;
    }
    throw new Error("The engine writes again and again.");
  }

  /** Takes the work back, as far as it goes without waiting. */
  async end(): Promise<EngineEnd> {
    for (let passes = 0; passes < 20; passes += 1) {
      const { run } = this;
      const end = this.engine.end(run, await this.engine.observe(run));
      if (end.state === "ended" || !end.action) return end;
      await this.actions.perform(unowned(end.action), run.operation);
    }
    throw new Error("The engine writes again and again.");
  }

  private now(): number {
    return this.options.now?.() ?? Date.now();
  }
}

/** There is no Operation here: the garbage collector would take away what belongs to none. */
function unowned(action: EngineAction): EngineAction {
  if (action.do !== "create") return action;
  return { do: "create", object: action.object };
}

function instanceOf(namespace: string): ApplicationInstance {
  return {
    ...APPLICATION_INSTANCE,
    metadata: { name: "web", namespace },
    spec: { appRef: { catalogId: "web" }, release: { name: "web", namespace } },
  };
}
