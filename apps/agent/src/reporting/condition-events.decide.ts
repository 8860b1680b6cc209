import {
  type Condition,
  conditionEventKey,
  type ResourceRef,
} from "@vworkspace/contract";
import type { NewEvent } from "./reporter";

/** What is known of an object at one moment, as far as it is reported. */
export interface ObservedState {
  readonly conditions: readonly Condition[];
  readonly intentGeneration?: number | undefined;
}

/**
 * The conditions whose change the control plane is told of: another status, reason, message (whoever looks at the
 * application in Odoo reads why) or observed generation; and all of them when they now speak about another generation of the intent, since readiness is taken from conditions alone.
 */
export function changedConditions(
  before: ObservedState,
  after: ObservedState,
): readonly Condition[] {
  if (before.intentGeneration !== after.intentGeneration)
    return after.conditions;
  return after.conditions.filter((condition) => {
    const old = before.conditions.find(({ type }) => type === condition.type);
    return (
      old?.status !== condition.status ||
      old.reason !== condition.reason ||
      old.message !== condition.message ||
      old.observedGeneration !== condition.observedGeneration
    );
  });
}

/** One ConditionTransition per changed condition. */
export function conditionEvents(
  resourceRef: ResourceRef,
  changed: readonly Condition[],
  extra: Partial<Pick<NewEvent, "endpoints" | "detail">> = {},
): readonly NewEvent[] {
  return changed.map((condition) => ({
    kind: "ConditionTransition",
    eventKey: conditionEventKey(resourceRef, condition),
    resourceRef,
    conditions: [condition],
    ...extra,
  }));
}
