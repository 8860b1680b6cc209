import { isFields, type Fields } from "../json";
import { fieldSchema, type Schema } from "../schema/schema";
import { childKey, describePath, fieldKey } from "./field-set";
import { shapeOf } from "./shape";

/**
 * Why an applied configuration does not fit the schema it is merged by, or undefined. Server-side apply refuses here what
 * other writes prune or leave to validation.
 */
export function misfit(
  value: unknown,
  schema: Schema,
  path = "",
): string | undefined {
  // Null means absent here, whatever the type.
  if (value === null) return undefined;
  const wrongType = typeProblem(value, schema);
  if (wrongType) return `${describePath(path)}: ${wrongType}`;
  const unknownField = isFields(value) && undeclared(value, schema);
  if (unknownField)
    return `${describePath(childKey(path, fieldKey(unknownField)))}: field not declared in schema`;
  return entryProblem(value, schema, path);
}

function entryProblem(
  value: unknown,
  schema: Schema,
  path: string,
): string | undefined {
  const shape = shapeOf(value, schema);
  if (shape.kind === "leaf") return undefined;
  const keys = new Set<string>();
  for (const [index, entry] of shape.entries.entries()) {
    if (entry.key === "k:{}")
      return `${describePath(path)}: element ${index}: associative list with keys has an element that omits all key fields`;
    if (keys.has(entry.key))
      return `${describePath(path)}: duplicate entries for key ${describePath(entry.key)}`;
    keys.add(entry.key);
    const found = misfit(entry.value, entry.schema, childKey(path, entry.key));
    if (found) return found;
  }
  return undefined;
}

const EXPECTED: Readonly<Record<string, (value: unknown) => boolean>> = {
  map: isFields,
  list: Array.isArray,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  "numeric (int or float)": (value) => typeof value === "number",
};

const NAME_OF_TYPE: Readonly<Record<string, string>> = {
  object: "map",
  array: "list",
  string: "string",
  boolean: "boolean",
  integer: "numeric (int or float)",
  number: "numeric (int or float)",
};

function typeProblem(value: unknown, schema: Schema): string | undefined {
  const wanted = NAME_OF_TYPE[schema.type ?? ""];
  if (wanted === undefined || EXPECTED[wanted]?.(value)) return undefined;
  return wanted.startsWith("numeric")
    ? `expected ${wanted}, got ${typeof value}`
    : `expected ${wanted}, got &{${JSON.stringify(value)}}`;
}

function undeclared(value: Fields, schema: Schema): string | undefined {
  const isClosed =
    schema.properties !== undefined &&
    schema.type === "object" &&
    !schema["x-kubernetes-preserve-unknown-fields"];
  if (!isClosed) return undefined;
  return Object.keys(value).find(
    (name) => fieldSchema(schema, name) === undefined,
  );
}
