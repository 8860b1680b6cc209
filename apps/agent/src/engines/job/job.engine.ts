import type { Kind } from "@vworkspace/kube";
import type {
  FieldProblem,
  JobParameters,
  JsonObject,
} from "@vworkspace/resources";
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
  decideJob,
  endOfJob,
  environmentProblems,
  type JobSeen,
  secretsOfJob,
} from "./job.decide";
import { JobObserver } from "./job.observe";

/** Runs an image once, as a Job with the rights of the namespace's runner. */
export class JobEngine implements Engine<JobSeen> {
  readonly name = "job";
  private readonly observer: JobObserver;

  constructor(reads: EngineReads, options: JobRunOptions) {
    this.observer = new JobObserver(reads, options);
  }

  kinds(): readonly Kind[] {
    return [JOB];
  }

  problems({ parameters }: EngineRun): readonly FieldProblem[] {
    return environmentProblems(parameters as unknown as JobParameters);
  }

  secrets(parameters: JsonObject): readonly string[] {
    return secretsOfJob(parameters as unknown as JobParameters);
  }

  observe(run: EngineRun): Promise<JobSeen> {
    return this.observer.observe(run);
  }

  decide(run: EngineRun, seen: JobSeen): EngineVerdict {
    return decideJob(run, seen);
  }

  end(run: EngineRun, seen: JobSeen): EngineEnd {
    return endOfJob(run, seen);
  }
}
