import type { Schema } from "./schema";
import { CHECKED_FORMATS } from "./validate-values";

const EVALUATED = new Set([
  "type",
  "properties",
  "additionalProperties",
  "items",
  "required",
  "default",
  "enum",
  "nullable",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
]);
const DESCRIPTIVE = new Set([
  "description",
  "title",
  "example",
  "externalDocs",
]);
/** Formats that the API itself does not check in a custom resource. */
const UNCHECKED_BY_THE_API = new Set(["int-or-string", "quantity"]);

/**
 * The first keyword of a schema that the simulator would silently not check, or undefined. CEL rules count, unless the
 * simulator knows the kind's rules in another form.
 */
export function unsupportedKeyword(
  schema: Schema,
  hasRules: boolean,
): string | undefined {
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "x-kubernetes-validations") {
      if (!hasRules) return keyword;
    } else if (keyword === "format") {
      if (!isCheckedFormat(String(value))) return `format ${String(value)}`;
    } else if (!EVALUATED.has(keyword) && !DESCRIPTIVE.has(keyword))
      return keyword;
  }
  for (const child of children(schema)) {
    const found = unsupportedKeyword(child, hasRules);
    if (found) return found;
  }
  return undefined;
}

function isCheckedFormat(format: string): boolean {
  return CHECKED_FORMATS.includes(format) || UNCHECKED_BY_THE_API.has(format);
}

function children(schema: Schema): Schema[] {
  const { items, not, additionalProperties } = schema;
  return [
    ...Object.values(schema.properties ?? {}),
    ...(items ? [items] : []),
    ...(not ? [not] : []),
    ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ];
}
