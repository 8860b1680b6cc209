/** The part of a structural schema (apiextensions.k8s.io/v1) that a change of may refuse what was fine before. */
export interface ComparedSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, ComparedSchema>>;
  readonly additionalProperties?: ComparedSchema | boolean;
  readonly items?: ComparedSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-validations"?: readonly { readonly rule: string }[];
  readonly [keyword: string]: unknown;
}

/** The larger, the stricter. */
const LOWER_BOUNDS = ["minimum", "minLength", "minItems", "minProperties"];
/** The smaller, the stricter. */
const UPPER_BOUNDS = ["maximum", "maxLength", "maxItems", "maxProperties"];
/** Where any change may refuse something. */
const EXACT = [
  "type",
  "pattern",
  "format",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
];

/**
 * How a schema that clusters hold differs from the next one in a way that makes objects invalid, or loses what they hold: one
 * sentence each, with the field and the remedy. Anything that only adds is not among them.
 */
export function narrowingChanges(
  landed: ComparedSchema,
  next: ComparedSchema,
  path: string,
): readonly string[] {
  const narrowed = [
    ...keywordChanges(landed, next),
    ...newlyRequired(landed, next),
    ...newRules(landed, next),
  ].map((what) => `${path}: ${what}`);
  return [...narrowed, ...childChanges(landed, next, path)];
}

function keywordChanges(
  landed: ComparedSchema,
  next: ComparedSchema,
): readonly string[] {
  const tighter = (
    name: string,
    isTighter: (a: number, b: number) => boolean,
  ) =>
    typeof next[name] === "number" &&
    (typeof landed[name] !== "number" || isTighter(next[name], landed[name]));
  const bounds = [
    ...LOWER_BOUNDS.filter((name) => tighter(name, (a, b) => a > b)),
    ...UPPER_BOUNDS.filter((name) => tighter(name, (a, b) => a < b)),
  ].map(
    (name) =>
      `${name} is ${text(next[name])} and was ${text(landed[name])}: keep what landed, and check the new bound in a rule for new objects.`,
  );
  const exact = EXACT.filter(
    (name) => text(landed[name]) !== text(next[name]) && name in next,
  ).map(
    (name) =>
      `${name} is ${text(next[name])} and was ${text(landed[name])}: keep what landed, or add a field beside it.`,
  );
  return [
    ...bounds,
    ...exact,
    ...lostValues(landed, next),
    ...changedDefault(landed, next),
  ];
}

function lostValues(
  landed: ComparedSchema,
  next: ComparedSchema,
): readonly string[] {
  if (next.enum === undefined) return [];
  const wanted = new Set(next.enum.map(text));
  if (landed.enum === undefined)
    return ["enum is new: whatever was allowed must stay so; leave it out."];
  const lost = landed.enum.map(text).filter((value) => !wanted.has(value));
  return lost.map((value) => `enum lost ${value}: put it back.`);
}

function changedDefault(
  landed: ComparedSchema,
  next: ComparedSchema,
): readonly string[] {
  if (
    landed.default === undefined ||
    text(landed.default) === text(next.default)
  )
    return [];
  return [
    `default is ${text(next.default)} and was ${text(landed.default)}: objects that rely on it would change their meaning; keep it.`,
  ];
}

function newlyRequired(
  landed: ComparedSchema,
  next: ComparedSchema,
): readonly string[] {
  const before = new Set(landed.required ?? []);
  return (next.required ?? [])
    .filter((name) => !before.has(name))
    .filter((name) => next.properties?.[name]?.default === undefined)
    .map(
      (name) =>
        `${name} is required and was not: make it optional, or give it a default.`,
    );
}

function newRules(
  landed: ComparedSchema,
  next: ComparedSchema,
): readonly string[] {
  const before = new Set(rulesOf(landed));
  return rulesOf(next)
    .filter((rule) => !before.has(rule))
    .map(
      (rule) =>
        `the rule ${rule} is new or tightened: see that it holds for every object that was valid, and say so among ACCEPTED.`,
    );
}

const rulesOf = (schema: ComparedSchema): readonly string[] =>
  (schema["x-kubernetes-validations"] ?? []).map(({ rule }) => rule);

function childChanges(
  landed: ComparedSchema,
  next: ComparedSchema,
  path: string,
): readonly string[] {
  const keepsUnknown = (schema: ComparedSchema) =>
    schema["x-kubernetes-preserve-unknown-fields"] === true;
  const properties = Object.entries(landed.properties ?? {}).flatMap(
    ([name, schema]) => {
      const after = next.properties?.[name];
      if (after !== undefined)
        return narrowingChanges(schema, after, `${path}.${name}`);
      return keepsUnknown(next)
        ? []
        : [
            `${path}.${name} is gone: what objects hold there is lost; keep it.`,
          ];
    },
  );
  const closed =
    keepsUnknown(landed) && !keepsUnknown(next)
      ? [`${path} no longer keeps unknown fields: objects lose them; keep it.`]
      : [];
  return [
    ...properties,
    ...closed,
    ...nested(landed.items, next.items, `${path}[]`),
    ...nested(
      landed.additionalProperties,
      next.additionalProperties,
      `${path}.*`,
    ),
  ];
}

function nested(
  landed: ComparedSchema | boolean | undefined,
  next: ComparedSchema | boolean | undefined,
  path: string,
): readonly string[] {
  if (landed === undefined || landed === false) return [];
  if (next === undefined || next === false)
    return [`${path} is gone: what objects hold there is lost; keep it.`];
  return landed === true || next === true
    ? []
    : narrowingChanges(landed, next, path);
}

function text(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
