import type { ConformanceTarget, Issued, SuiteObject } from "./target";

let count = 0;

/** An object that no other test uses. */
export function newObject(): SuiteObject {
  count += 1;
  return { namespace: "suite", name: `app-${count}` };
}

/** The job of an apply that nothing holds back. */
export async function issueApplyJob(
  target: ConformanceTarget,
  clusterId: string,
  object = newObject(),
): Promise<Required<Issued>> {
  return withJob(await target.issueApply(clusterId, object));
}

/** The job of a delete that nothing holds back. */
export async function issueDeleteJob(
  target: ConformanceTarget,
  clusterId: string,
  object: SuiteObject,
): Promise<Required<Issued>> {
  return withJob(await target.issueDelete(clusterId, object));
}

function withJob({ jobId, generation }: Issued): Required<Issued> {
  if (jobId === undefined)
    throw new Error(
      `Generation ${generation} has no job, and nothing to wait for.`,
    );
  return { jobId, generation };
}
