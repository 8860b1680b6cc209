import { isFields, listAt, stringAt, valueAt, type Fields } from "../../json";
import type { KubeObject } from "../../kube-object";

export interface FluxCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/**
 * The object's conditions with `next` in place of those of the same types, and without `dropped`. A condition keeps its
 * transition time as long as its status stays.
 */
export function withConditions(
  object: KubeObject,
  next: readonly FluxCondition[],
  options: { readonly now: string; readonly dropped?: readonly string[] },
): Fields[] {
  const old = listAt(object, "status", "conditions").filter(isFields);
  const types = new Set(next.map(({ type }) => type));
  const kept = old.filter(
    (condition) =>
      !types.has(stringAt(condition, "type")) &&
      !options.dropped?.includes(stringAt(condition, "type")),
  );
  const set = next.map((condition) => {
    const before = old.find((one) => one["type"] === condition.type);
    const isSame = before?.["status"] === condition.status;
    return {
      ...condition,
      observedGeneration: object.metadata.generation,
      lastTransitionTime: isSame ? before["lastTransitionTime"] : options.now,
    };
  });
  return [...set, ...kept];
}

export function conditionOf(
  object: KubeObject,
  type: string,
): Fields | undefined {
  return listAt(object, "status", "conditions")
    .filter(isFields)
    .find((condition) => condition["type"] === type);
}

export function isTrue(object: KubeObject, type: string): boolean {
  return conditionOf(object, type)?.["status"] === "True";
}

/** Whether status speaks about the object as it is now, its last request for reconciliation included. */
export function isObserved(object: KubeObject, requestedAt: string): boolean {
  return (
    valueAt(object, "status", "observedGeneration") ===
      object.metadata.generation &&
    stringAt(object, "status", "lastHandledReconcileAt") === requestedAt
  );
}
