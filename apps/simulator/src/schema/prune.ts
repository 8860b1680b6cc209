import { isFields, type Fields } from "../json";
import { childPath } from "./field-error";
import { fieldSchema, type Schema } from "./schema";

export interface Pruned {
  readonly value: unknown;
  /** Paths of what the schema does not know and was left out. */
  readonly dropped: readonly string[];
}

const RESOURCE_FIELDS = ["apiVersion", "kind", "metadata"];

/** Leaves out what a custom resource's schema does not declare, as the API server does before it stores anything. */
export function prune(object: Fields, schema: Schema): Pruned {
  const dropped: string[] = [];
  const root = { ...schema, "x-kubernetes-embedded-resource": true };
  return { value: pruneFields(object, root, { path: "", dropped }), dropped };
}

interface Walk {
  readonly path: string;
  readonly dropped: string[];
}

function pruneValue(value: unknown, schema: Schema, walk: Walk): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return value;
    return value.map((item, index) =>
      pruneValue(item, items, { ...walk, path: `${walk.path}[${index}]` }),
    );
  }
  return isFields(value) ? pruneFields(value, schema, walk) : value;
}

function pruneFields(fields: Fields, schema: Schema, walk: Walk): Fields {
  const kept: Fields = {};
  for (const [name, value] of Object.entries(fields)) {
    const path = childPath(walk.path, name);
    const own = fieldSchema(schema, name);
    if (
      schema["x-kubernetes-embedded-resource"] &&
      RESOURCE_FIELDS.includes(name)
    )
      kept[name] = value;
    else if (own) kept[name] = pruneValue(value, own, { ...walk, path });
    else if (schema["x-kubernetes-preserve-unknown-fields"]) kept[name] = value;
    else walk.dropped.push(path);
  }
  return kept;
}
