import type { HelmHookJobParameters } from "@vworkspace/resources";
import type { EngineReads, EngineRun } from "../engine";
import { type JobRunOptions, JobRunReader } from "../job-run/job-run.observe";
import { chartAccountProblem } from "../operation-account.observe";
import type { HelmHookJobSeen } from "./helm-hook-job.decide";
import { readHook } from "./released-hooks.observe";

/** Reads what decisions about one hook's Job rest on. */
export class HelmHookJobObserver {
  private readonly jobs: JobRunReader;

  constructor(
    private readonly reads: EngineReads,
    options: JobRunOptions,
  ) {
    this.jobs = new JobRunReader(reads, options);
  }

  async observe(run: EngineRun): Promise<HelmHookJobSeen> {
    const seen = await this.jobs.read(run);
    const { release } = run.target.spec;
    if (seen.job || release === undefined) return seen;
    const { api } = this.reads;
    const { namespace } = run;
    const { hookName } = run.parameters as unknown as HelmHookJobParameters;
    const named = { namespace, name: release.name };
    const hook = await readHook(api, named, hookName);
    if (!("job" in hook)) return { ...seen, hook };
    const { serviceAccountName = "default" } = hook.job.spec.template.spec;
    const account = await chartAccountProblem(
      api,
      namespace,
      serviceAccountName,
    );
    return { ...seen, hook, ...(account && { account }) };
  }
}
