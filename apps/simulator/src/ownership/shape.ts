import { isFields, type Fields } from "../json";
import { fieldSchema, isDeclared, type Schema } from "../schema/schema";
import { fieldKey } from "./field-set";

/** A value that is owned, compared and merged as a whole. */
export interface Leaf {
  readonly kind: "leaf";
}

/** One entry of a container: a field of an object, or an item of a list that has an identity. */
export interface Entry {
  /** The FieldsV1 key. */
  readonly key: string;
  readonly value: unknown;
  readonly schema: Schema;
  /** Items are owned themselves, besides their content; declared fields are owned through their content only. */
  readonly isItem: boolean;
}

export interface Container {
  readonly kind: "map" | "list";
  readonly entries: readonly Entry[];
}

/** How ownership sees a value: whole, or as a container of entries (structured merge, "merge strategy"). */
export function shapeOf(value: unknown, schema: Schema): Leaf | Container {
  if (isFields(value) && schema["x-kubernetes-map-type"] !== "atomic")
    return { kind: "map", entries: mapEntries(value, schema) };
  if (Array.isArray(value) && itemKey(schema))
    return { kind: "list", entries: listEntries(value, schema) };
  return { kind: "leaf" };
}

const UNTYPED: Schema = { "x-kubernetes-preserve-unknown-fields": true };

function mapEntries(value: Fields, schema: Schema): Entry[] {
  const isFree =
    schema["x-kubernetes-preserve-unknown-fields"] === true ||
    schema.additionalProperties !== undefined;
  const further = schema["x-kubernetes-preserve-unknown-fields"] ? UNTYPED : {};
  return Object.entries(value).map(([name, child]) => ({
    key: fieldKey(name),
    value: child,
    schema: fieldSchema(schema, name) ?? further,
    isItem: isFree && !isDeclared(schema, name),
  }));
}

function listEntries(value: readonly unknown[], schema: Schema): Entry[] {
  const key = itemKey(schema);
  return value.map((item) => ({
    key: key?.(item) ?? "",
    value: item,
    schema: schema.items ?? {},
    isItem: true,
  }));
}

/** The FieldsV1 key of a list's items, for lists whose items have an identity. */
function itemKey(schema: Schema): ((item: unknown) => string) | undefined {
  const type = schema["x-kubernetes-list-type"];
  if (type === "set") return (item) => `v:${JSON.stringify(item)}`;
  if (type !== "map") return undefined;
  const names = [...(schema["x-kubernetes-list-map-keys"] ?? [])].sort();
  return (item) => {
    const fields = isFields(item) ? item : {};
    const identity = names.flatMap((name) => {
      const own = fields[name] ?? schema.items?.properties?.[name]?.default;
      return own === undefined ? [] : [[name, own] as const];
    });
    return `k:${JSON.stringify(Object.fromEntries(identity))}`;
  };
}

/** Rebuilds a container's value from its entries. */
export function fromEntries(
  kind: Container["kind"],
  entries: readonly { readonly key: string; readonly value: unknown }[],
): unknown {
  if (kind === "list") return entries.map(({ value }) => value);
  return Object.fromEntries(
    entries.map(({ key, value }) => [key.slice(2), value]),
  );
}
