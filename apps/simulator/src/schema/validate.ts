import { isFields, type Fields } from "../json";
import { childPath, requiredValue, type FieldError } from "./field-error";
import { fieldSchema, type Schema } from "./schema";
import { duplicates } from "./validate-lists";
import { typeError, valueErrors } from "./validate-values";

/**
 * Checks a value against a structural schema, with the API server's reasons and messages.
 *
 * @param path the field's path without a leading dot; "" for the root
 */
export function validate(
  value: unknown,
  schema: Schema,
  path: string,
): FieldError[] {
  if (value === null && schema.nullable) return [];
  const wrongType = typeError(value, schema, path);
  if (wrongType) return [wrongType];
  return [
    ...valueErrors(value, schema, path),
    ...combinationErrors(value, schema, path),
    ...childErrors(value, schema, path),
  ];
}

function childErrors(
  value: unknown,
  schema: Schema,
  path: string,
): FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const own = duplicates(value, schema, path);
    if (!items) return own;
    return [
      ...value.flatMap((item, index) =>
        validate(item, items, `${path}[${index}]`),
      ),
      ...own,
    ];
  }
  return isFields(value) ? fieldErrors(value, schema, path) : [];
}

function fieldErrors(
  fields: Fields,
  schema: Schema,
  path: string,
): FieldError[] {
  const missing = (schema.required ?? [])
    .filter((name) => !Object.hasOwn(fields, name))
    .map((name) => requiredValue(childPath(path, name)));
  const wrong = Object.entries(fields).flatMap(([name, value]) => {
    const own = fieldSchema(schema, name);
    return own ? validate(value, own, childPath(path, name)) : [];
  });
  return [...missing, ...wrong];
}

function combinationErrors(
  value: unknown,
  schema: Schema,
  path: string,
): FieldError[] {
  const matches = (other: Schema) => validate(value, other, path).length === 0;
  const errors = (schema.allOf ?? []).flatMap((other) =>
    validate(value, other, path),
  );
  const refuse = (why: string): FieldError => ({
    reason: "FieldValueInvalid",
    field: path,
    message: `Invalid value: "": "${path}" must validate ${why}`,
  });
  if (schema.anyOf && !schema.anyOf.some(matches))
    errors.push(refuse("at least one schema (anyOf)"));
  if (schema.oneOf && schema.oneOf.filter(matches).length !== 1)
    errors.push(refuse("one and only one schema (oneOf)"));
  if (schema.not && matches(schema.not))
    errors.push({
      ...refuse(""),
      message: `Invalid value: "": "${path}" must not validate the schema (not)`,
    });
  return errors;
}
