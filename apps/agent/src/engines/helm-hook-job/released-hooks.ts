import type { Job } from "../job-run/job-run";

/** A Job among the hooks of a released chart, or why there is none to be had. */
export type HookSeen =
  | { readonly job: Job; readonly revision: number }
  | {
      /** Names of the Jobs that there are. */
      readonly others: readonly string[];
      readonly revision: number;
    }
  | { readonly problem: string };
