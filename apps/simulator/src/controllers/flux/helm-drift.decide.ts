import { isFields, valueAt } from "../../json";
import type { KubeObject } from "../../kube-object";

/** What of an object is otherwise than the release installed it. */
export interface ObjectDrift {
  readonly object: KubeObject;
  /** Absent from the cluster altogether. */
  readonly isRemoved: boolean;
  /** Fields to be added and to be changed to make it right. */
  readonly additions: number;
  readonly changes: number;
}

/** @param find the object of that kind and name as it is in the cluster */
export function driftOf(
  manifest: readonly KubeObject[],
  find: (object: KubeObject) => KubeObject | undefined,
): ObjectDrift[] {
  return manifest.flatMap((object): ObjectDrift[] => {
    const found = find(object);
    if (!found) return [{ object, isRemoved: true, additions: 0, changes: 0 }];
    const count = { additions: 0, changes: 0 };
    for (const path of [["spec"], ["metadata", "labels"]])
      compare(valueAt(object, ...path), valueAt(found, ...path), count);
    const isSame = count.additions + count.changes === 0;
    return isSame ? [] : [{ object, isRemoved: false, ...count }];
  });
}

/** A line for each object, as helm-controller's event has it. */
export function describeDrift(drift: readonly ObjectDrift[]): string {
  return drift
    .map(({ object, isRemoved, additions, changes }) =>
      isRemoved
        ? `${placeOf(object)} removed`
        : `${placeOf(object)} changed (${additions} additions, ${changes} changes, 0 removals)`,
    )
    .join("\n");
}

export function describeCorrection(drift: readonly ObjectDrift[]): string {
  return drift
    .map(
      ({ object, isRemoved }) =>
        `${placeOf(object)} ${isRemoved ? "created" : "configured"}`,
    )
    .join("\n");
}

function placeOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}

/** Only what was installed counts: fields that the cluster or others added are theirs. */
function compare(
  wanted: unknown,
  found: unknown,
  count: { additions: number; changes: number },
): void {
  if (wanted === undefined) return;
  if (found === undefined) count.additions += 1;
  else if (isFields(wanted) && isFields(found))
    for (const [key, value] of Object.entries(wanted))
      compare(value, found[key], count);
  else if (Array.isArray(wanted) && Array.isArray(found))
    wanted.forEach((value, index) => compare(value, found[index], count));
  else if (wanted !== found) count.changes += 1;
}
