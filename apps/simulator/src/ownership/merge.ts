import type { Schema } from "../schema/schema";
import { childKey, reaches, type FieldSet } from "./field-set";
import { fromEntries, shapeOf, type Container, type Entry } from "./shape";

/** The live value with the applied one laid over it: maps and lists with identities by entry, all else as a whole. */
export function merge(
  live: unknown,
  applied: unknown,
  schema: Schema,
): unknown {
  const left = shapeOf(live, schema);
  const right = shapeOf(applied, schema);
  if (left.kind === "leaf" || right.kind === "leaf") return applied;
  return fromEntries(right.kind, mergeEntries(left, right));
}

/** The applied order wins among what both have; what only the live value has keeps its place before its successor. */
function mergeEntries(live: Container, applied: Container): Entry[] {
  const liveByKey = new Map(live.entries.map((entry) => [entry.key, entry]));
  const appliedKeys = new Set(applied.entries.map(({ key }) => key));
  const shared = [...appliedKeys].filter((key) => liveByKey.has(key));
  const merged: Entry[] = [];
  let next = 0;
  /** Takes live entries up to the one whose turn it is among the shared ones. */
  const takeUnapplied = (upTo: string) => {
    for (; next < live.entries.length; next += 1) {
      const entry = live.entries[next] as Entry;
      if (entry.key === upTo || entry.key === shared[0]) return;
      if (!appliedKeys.has(entry.key)) merged.push(entry);
    }
  };
  for (const entry of applied.entries) {
    takeUnapplied(entry.key);
    const own = liveByKey.get(entry.key);
    merged.push(
      own
        ? { ...entry, value: merge(own.value, entry.value, entry.schema) }
        : entry,
    );
    if (live.entries[next]?.key === entry.key) next += 1;
    if (shared[0] === entry.key) shared.shift();
  }
  const rest = live.entries.slice(next);
  return [...merged, ...rest.filter(({ key }) => !appliedKeys.has(key))];
}

/**
 * Takes out what is in `remove`, with everything below it, but leaves what is in `keep` and the containers that lead
 * there. Containers that become empty go too.
 */
export function withoutFields(
  value: unknown,
  schema: Schema,
  sets: { readonly remove: FieldSet; readonly keep: FieldSet },
): unknown {
  if (sets.remove.size === 0) return value;
  return without(value, schema, { ...sets, path: "", isRemoved: false });
}

interface Walk {
  readonly remove: FieldSet;
  readonly keep: FieldSet;
  readonly path: string;
  readonly isRemoved: boolean;
}

function without(value: unknown, schema: Schema, walk: Walk): unknown {
  const shape = shapeOf(value, schema);
  if (shape.kind === "leaf") return value;
  const left = shape.entries.flatMap((entry) => {
    const path = childKey(walk.path, entry.key);
    const isRemoved = walk.isRemoved || walk.remove.has(path);
    if (isRemoved && !reaches(walk.keep, path)) return [];
    const own = without(entry.value, entry.schema, {
      ...walk,
      path,
      isRemoved,
    });
    return own === undefined ? [] : [{ ...entry, value: own }];
  });
  const hasBecomeEmpty = left.length === 0 && shape.entries.length > 0;
  if (hasBecomeEmpty && !walk.keep.has(walk.path)) return undefined;
  return fromEntries(shape.kind, left);
}
