import { type Condition, LIMITS } from "@vworkspace/contract";

export interface NewCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  /** Generation that it speaks of, where that is not the newest. */
  readonly observedGeneration?: number;
  /** Say it only where the opposite has been said before: what was never wrong has not recovered. */
  readonly onlyAfterTrue?: boolean;
}

/**
 * The conditions of a status after what is known now. A condition keeps its lastTransitionTime as long as its status does;
 * conditions that nothing is said about stay.
 */
export function mergeConditions(
  old: readonly Condition[],
  wanted: readonly NewCondition[],
  context: { readonly now: string; readonly observedGeneration: number },
): readonly Condition[] {
  const merged = new Map(old.map((condition) => [condition.type, condition]));
  for (const { onlyAfterTrue, ...condition } of wanted) {
    const before = merged.get(condition.type);
    if (onlyAfterTrue && condition.status !== "True" && before === undefined)
      continue;
    const isSameStatus = before?.status === condition.status;
    merged.set(condition.type, {
      ...condition,
      message: condition.message.slice(0, LIMITS.messageCharacters),
      observedGeneration:
        condition.observedGeneration ?? context.observedGeneration,
      lastTransitionTime:
        (isSameStatus && before.lastTransitionTime) || context.now,
    });
  }
  return [...merged.values()];
}
