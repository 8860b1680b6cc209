import { isEqual } from "../json";
import type { Schema } from "../schema/schema";
import { childKey, type FieldSet } from "./field-set";
import { shapeOf, type Entry } from "./shape";

/** Which fields differ between two values; containers that come or go are named besides their content. */
export interface Comparison {
  /** Added, or of another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

export function compare(
  old: unknown,
  next: unknown,
  schema: Schema,
): Comparison {
  const changed = new Set<string>();
  const removed = new Set<string>();
  visit({ old, next, schema, path: "" }, { changed, removed });
  return { changed, removed };
}

interface Pair {
  readonly old: unknown;
  readonly next: unknown;
  readonly schema: Schema;
  readonly path: string;
}

interface Found {
  readonly changed: Set<string>;
  readonly removed: Set<string>;
}

function visit(pair: Pair, found: Found): void {
  if (isEqual(pair.old, pair.next)) return;
  const left = shapeOf(pair.old, pair.schema);
  const right = shapeOf(pair.next, pair.schema);
  if (left.kind === "leaf" || right.kind === "leaf") {
    found.changed.add(pair.path);
    if (left.kind !== "leaf") addBelow(left.entries, pair.path, found.removed);
    if (right.kind !== "leaf")
      addBelow(right.entries, pair.path, found.changed);
    return;
  }
  const olds = new Map(left.entries.map((entry) => [entry.key, entry]));
  for (const entry of right.entries) {
    const old = olds.get(entry.key);
    const path = childKey(pair.path, entry.key);
    if (!old) addAll(entry, path, found.changed);
    else
      visit(
        { old: old.value, next: entry.value, schema: entry.schema, path },
        found,
      );
    olds.delete(entry.key);
  }
  for (const [key, entry] of olds)
    addAll(entry, childKey(pair.path, key), found.removed);
}

function addAll(entry: Entry, path: string, set: Set<string>): void {
  set.add(path);
  const shape = shapeOf(entry.value, entry.schema);
  if (shape.kind !== "leaf") addBelow(shape.entries, path, set);
}

function addBelow(
  entries: readonly Entry[],
  path: string,
  set: Set<string>,
): void {
  for (const entry of entries) addAll(entry, childKey(path, entry.key), set);
}
