import type { ConditionReason } from "@vworkspace/resources";

/** One way to one reason: a world, and the conditions that its object has then. */
export interface ReasonRow extends Pick<
  ConditionReason,
  "condition" | "status" | "reason"
> {
  /** What is the case, as the end of "it is said when …". */
  readonly when: string;
  readonly conditions: () => readonly SaidCondition[];
}

/** What a row is held against. */
export interface SaidCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

/** `Condition/Status Reason`, which is listed once. */
export function reasonKey({
  condition,
  status,
  reason,
}: Pick<ConditionReason, "condition" | "status" | "reason">): string {
  return `${condition}/${status} ${reason}`;
}

/** Reasons that something writes, and that no row reaches. */
export function unreachedReasons(
  reasons: readonly ConditionReason[],
  rows: readonly ReasonRow[],
): readonly string[] {
  const reached = new Set(rows.map(reasonKey));
  return reasons
    .filter(({ isReserved }) => isReserved !== true)
    .map(reasonKey)
    .filter((key) => !reached.has(key));
}

/** Rows for reasons that are not listed, or are reserved, so that nothing may write them. */
export function unlistedRows(
  reasons: readonly ConditionReason[],
  rows: readonly ReasonRow[],
): readonly string[] {
  const listed = new Set(
    reasons.filter(({ isReserved }) => isReserved !== true).map(reasonKey),
  );
  return rows.map(reasonKey).filter((key) => !listed.has(key));
}
