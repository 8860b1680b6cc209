import type { Attempt, Places } from "./admission-rig";

/** A request that a policy refuses, and what the person who made it reads. */
export interface Denial {
  readonly title: string;
  readonly policy: string;
  readonly code: 403 | 422;
  readonly attempt: (places: Places) => Attempt;
  readonly message: (places: Places) => string;
}
