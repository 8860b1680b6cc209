import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { FieldProblem } from "./field-problem";
import { patternHint } from "./pattern-hints";
import type { StructuralSchema } from "./structural-schema";

const ajv = new Ajv({ allErrors: true, verbose: true, ownProperties: true });
addFormats(ajv, ["date-time", "int32", "int64"]);

/** Judges a value by a schema. `at` is the dotted path of the value in its object. Answers for any input. */
export type StructuralCheck = (value: unknown, at?: string) => FieldProblem[];

/**
 * A check made from a structural schema, with the same answers as the API server's and words that name field, value and
 * remedy. Unknown fields are no problem: the API server drops them.
 * @param secretFields dotted paths whose values must not be repeated
 */
export function structuralCheck(
  schema: StructuralSchema,
  secretFields: readonly string[] = [],
): StructuralCheck {
  const validate: ValidateFunction = ajv.compile(withoutExtensions(schema));
  const secrets = new Set(secretFields);
  return (value, at = "") => {
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) =>
      problemOf(error, at, secrets),
    );
  };
}

/** A plain JSON Schema: without defaults and without what only Kubernetes knows. */
function withoutExtensions(schema: StructuralSchema): object {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !key.startsWith("x-kubernetes-") && key !== "default")
      .map(([key, part]) => [key, plainPart(key, part)]),
  );
}

function plainPart(key: string, part: unknown): unknown {
  if (key === "items" || key === "additionalProperties")
    return withoutExtensions(part as StructuralSchema);
  if (key !== "properties") return part;
  return Object.fromEntries(
    Object.entries(part as Record<string, StructuralSchema>).map(
      ([name, property]) => [name, withoutExtensions(property)],
    ),
  );
}

function problemOf(
  error: ErrorObject,
  at: string,
  secrets: ReadonlySet<string>,
): FieldProblem {
  const field = fieldPath(error, at);
  const name = field === "" ? "The object" : field;
  if (error.keyword === "required")
    return { field, message: `${name} is required: add it` };
  const value = secrets.has(field) ? undefined : shownValue(error.data);
  const wanted = `${name} must be ${demand(error)}`;
  if (value === undefined) return { field, message: wanted };
  return { field, value, message: `${wanted}, not ${JSON.stringify(value)}` };
}

/** From ajv's JSON pointer to a path as Kubernetes writes it. */
function fieldPath(error: ErrorObject, at: string): string {
  const segments = error.instancePath
    .split("/")
    .slice(1)
    .map((segment) => segment.replace(/~1/g, "/").replace(/~0/g, "~"));
  if (error.keyword === "required")
    segments.push(
      (error.params as { missingProperty: string }).missingProperty,
    );
  return segments.reduce(joinSegment, at);
}

function joinSegment(path: string, segment: string): string {
  if (/^[0-9]+$/.test(segment)) return `${path}[${segment}]`;
  return path === "" ? segment : `${path}.${segment.slice(0, 64)}`;
}

const ARTICLES: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "a text",
  integer: "a whole number",
  boolean: "true or false",
};

type Demand = (params: Readonly<Record<string, unknown>>) => string;

const DEMANDS: Readonly<Record<string, Demand>> = {
  type: ({ type }) => ARTICLES[String(type)] ?? String(type),
  enum: ({ allowedValues }) => oneOf(allowedValues as readonly string[]),
  pattern: ({ pattern }) => patternHint(String(pattern)),
  minLength: ({ limit }) => `at least ${String(limit)} characters long`,
  maxLength: ({ limit }) => `at most ${String(limit)} characters long`,
  minItems: ({ limit }) => `a list of at least ${String(limit)} entries`,
  maxItems: ({ limit }) => `a list of at most ${String(limit)} entries`,
  minimum: ({ limit }) => `at least ${String(limit)}`,
  maximum: ({ limit }) => `at most ${String(limit)}`,
  format: ({ format }) =>
    format === "date-time"
      ? "a time as RFC 3339, for example 2026-01-01T00:00:00Z"
      : `a number of format ${String(format)}`,
};

function demand(error: ErrorObject): string {
  return (
    demandOf(error.keyword, error.params as Record<string, unknown>) ??
    `valid (${error.message ?? error.keyword})`
  );
}

/** What a keyword of a schema asks of a value, as the end of "it must be …", by what it is set to as ajv names that. */
export function demandOf(
  keyword: string,
  params: Readonly<Record<string, unknown>>,
): string | undefined {
  return DEMANDS[keyword]?.(params);
}

function oneOf(values: readonly string[]): string {
  return values.length === 1
    ? String(values[0])
    : `one of ${values.join(", ")}`;
}

const LONGEST_SHOWN = 64;

/** Scalars only; long texts are cut and credentials in addresses are masked. */
function shownValue(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (value === null) return null;
  if (typeof value !== "string") return undefined;
  const masked = value.replace(/\/\/[^/?#]*@/g, "//***@");
  return masked.length > LONGEST_SHOWN
    ? `${masked.slice(0, LONGEST_SHOWN)}…`
    : masked;
}
