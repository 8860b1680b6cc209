import type { JobParameters } from "@vworkspace/resources";
import type { EngineReads, EngineRun } from "../engine";
import { type JobRunOptions, JobRunReader } from "../job-run/job-run.observe";
import { operationAccountProblem } from "../operation-account.observe";
import type { JobSeen } from "./job.decide";

/** Reads what decisions about one job rest on. */
export class JobObserver {
  private readonly jobs: JobRunReader;

  constructor(
    private readonly reads: EngineReads,
    options: JobRunOptions,
  ) {
    this.jobs = new JobRunReader(reads, options);
  }

  async observe(run: EngineRun): Promise<JobSeen> {
    const seen = await this.jobs.read(run);
    if (seen.job) return seen;
    const { serviceAccountName } = run.parameters as unknown as JobParameters;
    const { api } = this.reads;
    const account = await operationAccountProblem(
      api,
      run.namespace,
      serviceAccountName,
    );
    return { ...seen, ...(account && { account }) };
  }
}
