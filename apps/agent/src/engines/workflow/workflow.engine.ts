import type { Kind } from "@vworkspace/kube";
import type {
  Engine,
  EngineEnd,
  EngineReads,
  EngineRun,
  EngineVerdict,
} from "../engine";
import { WORKFLOW, WORKFLOW_TEMPLATE } from "./workflow";
import {
  decideWorkflow,
  endOfWorkflow,
  type WorkflowSeen,
} from "./workflow.decide";
import { WorkflowObserver } from "./workflow.observe";

/** Has Argo Workflows run a template of the namespace. */
export class WorkflowEngine implements Engine<WorkflowSeen> {
  readonly name = "workflow";
  private readonly observer: WorkflowObserver;

  constructor(reads: Pick<EngineReads, "api">) {
    this.observer = new WorkflowObserver(reads);
  }

  kinds(): readonly Kind[] {
    return [WORKFLOW, WORKFLOW_TEMPLATE];
  }

  secrets(): readonly string[] {
    return [];
  }

  observe(run: EngineRun): Promise<WorkflowSeen> {
    return this.observer.observe(run);
  }

  decide(run: EngineRun, seen: WorkflowSeen): EngineVerdict {
    return decideWorkflow(run, seen);
  }

  end(run: EngineRun, seen: WorkflowSeen): EngineEnd {
    return endOfWorkflow(run, seen);
  }
}
