import type { Kind } from "@vworkspace/kube";
import type { FieldProblem } from "@vworkspace/resources";
import type {
  Engine,
  EngineEnd,
  EngineReads,
  EngineRun,
  EngineVerdict,
} from "../engine";
import { JOB } from "../job-run/job-run";
import type { JobRunOptions } from "../job-run/job-run.observe";
import {
  decideHookJob,
  endOfHookJob,
  type HelmHookJobSeen,
  releaseProblems,
} from "./helm-hook-job.decide";
import { HelmHookJobObserver } from "./helm-hook-job.observe";

/** Runs a Job of the released chart's hooks once more, outside of an upgrade. */
export class HelmHookJobEngine implements Engine<HelmHookJobSeen> {
  readonly name = "helmHookJob";
  private readonly observer: HelmHookJobObserver;

  constructor(reads: EngineReads, options: JobRunOptions) {
    this.observer = new HelmHookJobObserver(reads, options);
  }

  kinds(): readonly Kind[] {
    return [JOB];
  }

  problems(run: EngineRun): readonly FieldProblem[] {
    return releaseProblems(run);
  }

  secrets(): readonly string[] {
    return [];
  }

  observe(run: EngineRun): Promise<HelmHookJobSeen> {
    return this.observer.observe(run);
  }

  decide(run: EngineRun, seen: HelmHookJobSeen): EngineVerdict {
    return decideHookJob(run, seen);
  }

  end(run: EngineRun, seen: HelmHookJobSeen): EngineEnd {
    return endOfHookJob(run, seen);
  }
}
