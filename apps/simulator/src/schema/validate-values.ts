import { isEqual, isFields } from "../json";
import { invalidValue, shown, type FieldError } from "./field-error";
import type { Schema } from "./schema";

const DATE_TIME =
  /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** The formats the simulator checks; other formats of the API are refused when a CRD is created. */
export const CHECKED_FORMATS = [
  "int32",
  "int64",
  "date-time",
  "double",
  "float",
];

const TYPE_OF: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  array: Array.isArray,
  object: isFields,
};

export function typeError(
  value: unknown,
  schema: Schema,
  path: string,
): FieldError | undefined {
  if (schema["x-kubernetes-int-or-string"])
    return typeof value === "string" || Number.isInteger(value)
      ? undefined
      : wrongType(value, "integer,string", path);
  if (schema.type === undefined) return undefined;
  const isRight = TYPE_OF[schema.type];
  return isRight?.(value) ? undefined : wrongType(value, schema.type, path);
}

function wrongType(value: unknown, wanted: string, path: string): FieldError {
  const got = value === null ? "null" : nameOfType(value);
  return {
    reason: "FieldValueTypeInvalid",
    field: path,
    message: `Invalid value: ${shown(got)}: ${path} in body must be of type ${wanted}: ${shown(got)}`,
  };
}

function nameOfType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number")
    return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** Enum, format, and the limits of strings, numbers, lists and objects. */
export function valueErrors(
  value: unknown,
  schema: Schema,
  path: string,
): FieldError[] {
  const errors = enumErrors(value, schema, path);
  if (typeof value === "string")
    errors.push(...stringErrors(value, schema, path));
  if (typeof value === "number")
    errors.push(...numberErrors(value, schema, path));
  if (Array.isArray(value) || isFields(value))
    errors.push(...sizeErrors(value, schema, path));
  return errors;
}

function enumErrors(
  value: unknown,
  schema: Schema,
  path: string,
): FieldError[] {
  const allowed = schema.enum;
  if (!allowed || allowed.some((item) => isEqual(item, value))) return [];
  const names = allowed.map((item) => JSON.stringify(item)).join(", ");
  return [
    {
      reason: "FieldValueNotSupported",
      field: path,
      message: `Unsupported value: ${shown(value)}: supported values: ${names}`,
    },
  ];
}

function stringErrors(
  value: string,
  schema: Schema,
  path: string,
): FieldError[] {
  const length = [...value].length;
  const errors: FieldError[] = [];
  const refuse = (why: string) =>
    errors.push(invalidValue(path, value, `${path} in body should ${why}`));
  if (schema.minLength !== undefined && length < schema.minLength)
    refuse(`be at least ${schema.minLength} chars long`);
  if (schema.maxLength !== undefined && length > schema.maxLength)
    errors.push(tooLong(path, schema.maxLength));
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    refuse(`match '${schema.pattern}'`);
  if (schema.format === "date-time" && !DATE_TIME.test(value))
    errors.push(
      invalidValue(
        path,
        value,
        `${path} in body must be of type date-time: ${shown(value)}`,
      ),
    );
  return errors;
}

function tooLong(path: string, limit: number): FieldError {
  return {
    reason: "FieldValueTooLong",
    field: path,
    message: `Too long: may not be more than ${limit} bytes`,
  };
}

const LIMITS: readonly {
  readonly key: "minimum" | "maximum";
  readonly exclusive: "exclusiveMinimum" | "exclusiveMaximum";
  readonly words: string;
  readonly isPast: (value: number, limit: number) => boolean;
}[] = [
  {
    key: "minimum",
    exclusive: "exclusiveMinimum",
    words: "greater than",
    isPast: (value, limit) => value < limit,
  },
  {
    key: "maximum",
    exclusive: "exclusiveMaximum",
    words: "less than",
    isPast: (value, limit) => value > limit,
  },
];

function numberErrors(
  value: number,
  schema: Schema,
  path: string,
): FieldError[] {
  const refusals = LIMITS.flatMap((limit) =>
    limitProblem(value, schema, limit),
  );
  if (schema.multipleOf !== undefined && value % schema.multipleOf !== 0)
    refusals.push(`should be a multiple of ${schema.multipleOf}`);
  if (schema.format === "int32" && value !== (value | 0))
    refusals.push(`must be of type int32: ${shown(value)}`);
  return refusals.map((why) =>
    invalidValue(path, value, `${path} in body ${why}`),
  );
}

function limitProblem(
  value: number,
  schema: Schema,
  { key, exclusive, words, isPast }: (typeof LIMITS)[number],
): string[] {
  const limit = schema[key];
  if (limit === undefined) return [];
  const isExclusive = schema[exclusive] === true;
  if (!isPast(value, limit) && !(isExclusive && value === limit)) return [];
  return [`should be ${words}${isExclusive ? "" : " or equal to"} ${limit}`];
}

function sizeErrors(value: object, schema: Schema, path: string): FieldError[] {
  const isList = Array.isArray(value);
  const count = isList ? value.length : Object.keys(value).length;
  const least = isList ? schema.minItems : schema.minProperties;
  const most = isList ? schema.maxItems : schema.maxProperties;
  const things = isList ? "items" : "properties";
  const errors: FieldError[] = [];
  if (least !== undefined && count < least)
    errors.push(
      invalidValue(
        path,
        count,
        `${path} in body should have at least ${least} ${things}`,
      ),
    );
  if (most !== undefined && count > most)
    errors.push({
      reason: "FieldValueTooMany",
      field: path,
      message: `Too many: ${count}: must have at most ${most} items`,
    });
  return errors;
}
