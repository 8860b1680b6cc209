import { isFields, type Fields } from "../json";
import type { Schema } from "../schema/schema";
import { childKey, type FieldSet } from "./field-set";
import { shapeOf, type Entry } from "./shape";

/** Every field an applied configuration claims. */
export function fieldsOf(value: Fields, schema: Schema): FieldSet {
  const set = new Set<string>();
  visit(value, schema, { path: "", set });
  return set;
}

interface Walk {
  readonly path: string;
  readonly set: Set<string>;
}

function visit(value: unknown, schema: Schema, walk: Walk): void {
  const shape = shapeOf(value, schema);
  if (shape.kind === "leaf") {
    walk.set.add(walk.path);
    return;
  }
  for (const entry of shape.entries) {
    const path = childKey(walk.path, entry.key);
    visit(entry.value, entry.schema, { ...walk, path });
    if (entry.isItem || isEmpty(entry)) walk.set.add(path);
  }
}

function isEmpty({ value }: Entry): boolean {
  return value === null || (isFields(value) && Object.keys(value).length === 0);
}
