import { CLUSTER } from "@vworkspace/resources";
import type { PolledJobs } from "../control-plane/control-plane";
import type { Reporter } from "../reporting/reporter";

/** Remembered so that a job that is offered at every poll is told of once. */
const MAX_REMEMBERED = 1_000;

/** Tells the control plane of jobs that are none: no ack and no result, but an event JobRefused. */
export function refusalReporter(
  reporter: Reporter,
): (job: PolledJobs["unreadable"][number]) => void {
  const told = new Set<string>();
  return ({ id, reason }) => {
    const key = `${id} ${reason}`;
    if (told.has(key)) return;
    if (told.size >= MAX_REMEMBERED) told.clear();
    told.add(key);
    void reporter.report({
      kind: "JobRefused",
      resourceRef: { ...CLUSTER, name: "" },
      reason: `job ${id}: ${reason}`,
    });
  };
}
