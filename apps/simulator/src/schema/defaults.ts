import { clone, isFields, type Fields } from "../json";
import { fieldSchema, type Schema } from "./schema";

/**
 * Fills in the schema's defaults wherever an object is present and the field is not; returns a new value. A null where the
 * schema allows none counts as absent.
 *
 * @param keepsNulls keeps such a null where there is no default, for validation to refuse: so it is with server-side apply
 */
export function withDefaults(
  value: unknown,
  schema: Schema,
  keepsNulls = false,
): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items
      ? value.map((item) => withDefaults(item, items, keepsNulls))
      : value;
  }
  return isFields(value)
    ? fieldsWithDefaults(value, schema, keepsNulls)
    : value;
}

function fieldsWithDefaults(
  fields: Fields,
  schema: Schema,
  keepsNulls: boolean,
): Fields {
  const filled: Fields = {};
  for (const [name, value] of Object.entries(fields)) {
    const own = fieldSchema(schema, name);
    if (value === null && isAbsent(own, keepsNulls)) continue;
    filled[name] = own ? withDefaults(value, own, keepsNulls) : value;
  }
  for (const [name, own] of Object.entries(schema.properties ?? {}))
    if (!Object.hasOwn(filled, name) && own.default !== undefined)
      filled[name] = withDefaults(clone(own.default), own);
  return filled;
}

function isAbsent(schema: Schema | undefined, keepsNulls: boolean): boolean {
  if (schema?.type === undefined || schema.nullable) return false;
  return schema.default !== undefined || !keepsNulls;
}
