import { LIMITS } from "@vworkspace/contract";
import type { JsonObject } from "@vworkspace/resources";

/** So many names of what was left out are told. */
const MOST_NAMES = 20;

/**
 * What an operation has told of its results, with what is told now. A status lies in etcd, and with the control plane: where
 * it has no room for all, the largest are left out, and `outputsTruncated` names them.
 */
export function mergedOutputs(
  old: JsonObject | undefined,
  told: JsonObject,
): JsonObject {
  const { outputsTruncated: before = [], ...known } = old ?? {};
  const left = (before as readonly string[]).filter(
    (name) => !Object.hasOwn(told, name),
  );
  return fitting({ ...known, ...told }, left);
}

function fitting(outputs: JsonObject, left: readonly string[]): JsonObject {
  const marked = withMark(outputs, left);
  if (lengthOf(marked) <= LIMITS.outputsCharacters) return marked;
  const [largest] = Object.entries(outputs).sort(
    ([, one], [, other]) => lengthOf(other) - lengthOf(one),
  );
  if (largest === undefined) return {};
  const [name] = largest;
  const { [name]: _, ...rest } = outputs;
  return fitting(rest, [...left, name]);
}

function withMark(outputs: JsonObject, left: readonly string[]): JsonObject {
  if (left.length === 0) return outputs;
  return {
    ...outputs,
    outputsTruncated: [...left].sort().slice(0, MOST_NAMES),
  };
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value).length;
}
