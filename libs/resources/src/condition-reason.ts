/** One row of the tables of reasons: what a condition says, what it means, and what a person does about it. */
export interface ConditionReason {
  readonly condition: string;
  readonly status: "True" | "False" | "Unknown";
  /** In CamelCase; programs may rely on it. */
  readonly reason: string;
  readonly meaning: string;
  /** What to do; "Nothing." where nothing is to be done. */
  readonly remedy: string;
  /** The name is taken, and nothing writes it yet. */
  readonly isReserved?: true;
}
