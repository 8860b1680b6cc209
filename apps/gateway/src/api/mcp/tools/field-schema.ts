import type { JsonShape, ModelField } from "../../odoo/registry/model-field";
import type { JsonSchema } from "./tool";

const MAX_INTEGER = 2 ** 31 - 1;

const SHAPES: Readonly<Record<JsonShape, JsonSchema>> = {
  texts: { type: "array", items: { type: "string" } },
  list: { type: "array" },
  struct: { type: "object" },
  "struct of texts": {
    type: "object",
    additionalProperties: { type: "string" },
  },
};

/** A field as JSON Schema, as whoever writes it has to give it. */
export function fieldSchema(field: ModelField, help = field.help): JsonSchema {
  const { type = "string", ...rest } = valueSchema(field);
  const { enum: values } = rest;
  const target = field.target?.().name;
  const parts = [
    help,
    target === undefined
      ? undefined
      : `Id of a record of ${target}, which search_records finds.`,
  ];
  return {
    type: field.isNullable ? [type, "null"] : type,
    ...rest,
    ...(field.isNullable &&
      Array.isArray(values) && { enum: [...values, null] }),
    title: field.label,
    description: parts.filter(Boolean).join(" ") || `${field.label}.`,
  };
}

function valueSchema(field: ModelField): JsonSchema {
  switch (field.type) {
    case "boolean":
      return { type: "boolean" };
    case "integer":
      return { type: "integer", minimum: -MAX_INTEGER, maximum: MAX_INTEGER };
    case "many2one":
      return { type: "integer", minimum: 1, maximum: MAX_INTEGER };
    case "selection":
      return {
        type: "string",
        enum: (field.selection ?? []).map(([value]) => value),
      };
    case "json":
      return SHAPES[field.shape ?? "struct"];
    case "datetime":
      return {
        type: "string",
        pattern: "^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$",
      };
    default:
      return { type: "string" };
  }
}
