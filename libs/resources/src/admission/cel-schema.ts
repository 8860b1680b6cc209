import { demandOf } from "../structural-validation";
import type { StructuralSchema } from "../structural-schema";
import { celText, celTexts } from "./admission-policy";

/** A value that CEL looks at: how to get at it, and the path that people know it by. */
export interface CelValue {
  readonly cel: string;
  readonly path: string;
  /** CEL of the key that ends the path, where that is a person's. */
  readonly key?: string;
  /** How many macros it stands in, so that each has variables of its own. */
  readonly level: number;
}

/** What an object is besides its schema. */
export interface CelObject {
  /** Ends the sentence about a field that it has not got: "… is <noun>: there are …". */
  readonly noun: string;
  /** Older spelling → field; of the outermost object only. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** CEL of further sentences, empty where they don't apply; asked last. */
  readonly besides?: readonly string[];
}

/**
 * CEL of the first thing that is wrong with a value by its schema, as a sentence, or an empty text: what `structuralCheck`
 * finds, in the same order, and unknown fields. CEL has no index of an item, so that a path has `[]` there.
 */
export function celProblem(
  schema: StructuralSchema,
  value: CelValue,
  object: CelObject,
): string {
  switch (schema.type) {
    case "object":
      return objectProblem(schema, value, object);
    case "array":
      return arrayProblem(schema, value, object);
    default:
      return chain([...scalarChecks(schema, value)]);
  }
}

type Check = readonly [isWrong: string, sentence: string];

/** The first sentence whose condition holds. */
function chain(checks: readonly Check[], otherwise = '""'): string {
  return checks.reduceRight(
    (rest, [isWrong, sentence]) => `(${isWrong} ? ${sentence} : ${rest})`,
    otherwise,
  );
}

/** The first sentence of a list that isn't empty. */
const firstOf = (list: string, level: number): string =>
  `(${list}.filter(s${level}, s${level} != "") + [""])[0]`;

function mustBe(
  value: CelValue,
  keyword: string,
  params: Readonly<Record<string, unknown>>,
): string {
  return sentence(value, `must be ${demandOf(keyword, params) ?? "valid"}`);
}

/** A person's key may be of any length. */
function sentence(
  { path, key }: Pick<CelValue, "path" | "key">,
  words: string,
): string {
  if (key === undefined) return celText(`${path} ${words}`);
  const shown = `(size(${key}) > 64 ? ${key}.substring(0, 64) : ${key})`;
  return `${celText(`${path}.`)} + ${shown} + ${celText(` ${words}`)}`;
}

const TYPES = {
  object: "map",
  array: "list",
  string: "string",
  boolean: "bool",
} as const;

function typeCheck(
  { type }: Pick<StructuralSchema, "type">,
  value: CelValue,
): Check {
  const { cel } = value;
  const isOfType =
    type === "integer" ? isInteger(cel) : `type(${cel}) == ${TYPES[type]}`;
  return [`!(${isOfType})`, mustBe(value, "type", { type })];
}

/** JSON has one kind of numbers: 2.0 is a whole one. */
function isInteger(cel: string): string {
  const isWhole = `${cel} >= -2147483648.0 && ${cel} <= 2147483647.0 && double(int(${cel})) == double(${cel})`;
  return `type(${cel}) == int || (type(${cel}) == double && ${isWhole})`;
}

function* scalarChecks(
  schema: StructuralSchema,
  value: CelValue,
): Generator<Check> {
  const { cel } = value;
  yield typeCheck(schema, value);
  const { minimum, maximum, minLength, maxLength, pattern } = schema;
  const limit = (keyword: string, operator: string, bound: number): Check => {
    const measured = schema.type === "string" ? `size(${cel})` : cel;
    const isWrong = `${measured} ${operator} ${bound}`;
    return [isWrong, mustBe(value, keyword, { limit: bound })];
  };
  if (maximum !== undefined) yield limit("maximum", ">", maximum);
  if (minimum !== undefined) yield limit("minimum", "<", minimum);
  if (schema.format === "int32" && maximum === undefined)
    yield [
      `${cel} > 2147483647`,
      mustBe(value, "format", { format: schema.format }),
    ];
  // Lengths first: matching a pattern against a long text costs much of the budget.
  if (maxLength !== undefined) yield limit("maxLength", ">", maxLength);
  if (minLength !== undefined) yield limit("minLength", "<", minLength);
  if (pattern !== undefined)
    yield [
      `!${cel}.matches(${celText(pattern)})`,
      mustBe(value, "pattern", { pattern }),
    ];
  if (schema.enum !== undefined)
    yield [
      `!(${cel} in ${celTexts(schema.enum)})`,
      mustBe(value, "enum", { allowedValues: schema.enum }),
    ];
}

function arrayProblem(
  schema: StructuralSchema,
  value: CelValue,
  { noun }: CelObject,
): string {
  const { items, maxItems, minItems } = schema;
  const { cel, path, level } = value;
  const checks: Check[] = [typeCheck(schema, value)];
  if (maxItems !== undefined)
    checks.push([
      `size(${cel}) > ${maxItems}`,
      mustBe(value, "maxItems", { limit: maxItems }),
    ]);
  if (minItems !== undefined)
    checks.push([
      `size(${cel}) < ${minItems}`,
      mustBe(value, "minItems", { limit: minItems }),
    ]);
  if (items === undefined) return chain(checks);
  const item = { cel: `i${level}`, path: `${path}[]`, level: level + 1 };
  const each = `${cel}.map(i${level}, ${celProblem(items, item, { noun })})`;
  return chain(checks, firstOf(each, level));
}

function objectProblem(
  schema: StructuralSchema,
  value: CelValue,
  object: CelObject,
): string {
  const type = typeCheck(schema, value);
  const { additionalProperties, properties } = schema;
  if (additionalProperties !== undefined)
    return chain([type], mapProblem(additionalProperties, value, object));
  if (properties === undefined) return chain([type]);
  const sentences = [
    unknownField(properties, value, object),
    ...(schema.required ?? []).map((name) =>
      missingField(name, value, {
        object,
        why: "is required: add it",
      }),
    ),
    ...Object.entries(properties).map(([name, property]) =>
      fieldProblem(name, property, { value, object }),
    ),
    ...(object.besides ?? []),
  ];
  return chain([type], firstOf(`[${sentences.join(", ")}]`, value.level));
}

function mapProblem(
  schema: StructuralSchema,
  { cel, path, level }: CelValue,
  { noun }: CelObject,
): string {
  const key = `k${level}`;
  const item = {
    cel: `${cel}[${key}]`,
    path,
    key: `string(${key})`,
    level: level + 1,
  };
  const each = `${cel}.map(${key}, ${celProblem(schema, item, { noun })})`;
  return firstOf(each, level);
}

function unknownField(
  properties: Readonly<Record<string, StructuralSchema>>,
  { cel, path, level }: CelValue,
  { noun, aliases = {} }: CelObject,
): string {
  const known = Object.keys(properties);
  const key = `k${level}`;
  const words = `is ${noun}: there are ${known.join(", ")}`;
  const unknown = sentence({ path, key: `string(${key})` }, words);
  const all = celTexts([...known, ...Object.keys(aliases)]);
  return `(${cel}.map(${key}, !(${key} in ${all}), ${unknown}) + [""])[0]`;
}

/** CEL of the sentence that a field is missing, or an empty text. */
export function missingField(
  name: string,
  { cel, path }: CelValue,
  { object, why }: { readonly object: CelObject; readonly why: string },
): string {
  const isThere = spellings(name, object)
    .map((spelling) => `${celText(spelling)} in ${cel}`)
    .join(" || ");
  return `((${isThere}) ? "" : ${celText(`${path}.${name} ${why}`)})`;
}

/** The present name first: it wins. */
function spellings(name: string, { aliases = {} }: CelObject): string[] {
  const older = Object.entries(aliases).filter(([, field]) => field === name);
  return [name, ...older.map(([alias]) => alias)];
}

function fieldProblem(
  name: string,
  schema: StructuralSchema,
  { value, object }: { readonly value: CelValue; readonly object: CelObject },
): string {
  const { cel, path, level } = value;
  const { noun } = object;
  const at = (spelling: string): string => {
    const field = {
      cel: `${cel}[${celText(spelling)}]`,
      path: `${path}.${name}`,
      level: level + 1,
    };
    return celProblem(schema, field, { noun });
  };
  return spellings(name, object).reduceRight(
    (rest, spelling) =>
      `(${celText(spelling)} in ${cel} ? ${at(spelling)} : ${rest})`,
    '""',
  );
}
