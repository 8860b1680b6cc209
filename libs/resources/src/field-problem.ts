/** Why an object is refused. */
export interface FieldProblem {
  /** Dotted path as Kubernetes writes it: `spec.policy.maintenanceWindows[0].cron`; empty for the whole object. */
  readonly field: string;
  /** What stands there, if it is a scalar and no secret; long texts are cut. */
  readonly value?: unknown;
  /** One sentence that names the field and the remedy. Holds no secret. */
  readonly message: string;
}

/** More problems than this help nobody. */
const MOST_PROBLEMS = 50;

export function limitedProblems(
  problems: readonly FieldProblem[],
): readonly FieldProblem[] {
  return problems.slice(0, MOST_PROBLEMS);
}
