import type { Limits } from "./limits.table";

export interface LimitOptions {
  readonly limits: Limits;
  /** Requests that work at once at each gate: fewer than there are connections to the database, so that none waits there. */
  readonly places: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

export const LIMIT_OPTIONS = Symbol("LimitOptions");
