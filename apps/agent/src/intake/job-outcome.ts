import type { Outcome, ResourceRef } from "@vworkspace/contract";
import { ConflictError, KubeError } from "@vworkspace/kube";

/** How a job ended for the agent; undefined: nobody waits for its result any more (closed, or the agent stops). */
export interface JobOutcome {
  readonly outcome: Outcome;
  readonly error?: string;
  readonly appliedRef?: ResourceRef;
}

export function failed(error: string): JobOutcome {
  return { outcome: "failed", error };
}

/** A newer generation is there, or this one had settled: nothing was done. */
export function noop(reason: string, appliedRef?: ResourceRef): JobOutcome {
  return { outcome: "noop", error: reason, ...(appliedRef && { appliedRef }) };
}

/** The outcome of a write that the API server refused for good. */
export function refusedWrite(error: KubeError): JobOutcome {
  if (error instanceof ConflictError)
    return {
      outcome: "conflict",
      error: error.conflicts
        .map(({ manager, field }) => `${field} is owned by ${manager}`)
        .join("; "),
    };
  return failed(error.message);
}
