/**
 * What the form of a JSON Schema shows, and what its inputs do to the values. Pure: no browser, no Odoo.
 * Whether values fit the schema is the gateway's decision; here it is only asked for what can be asked for.
 */

const MAX_DEPTH = 6;
const MAX_REFS = 10;
const SIMPLE = ["string", "number", "integer", "boolean"];

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a reference into the same document leads to, for example #/definitions/port; undefined: nothing. */
function pointed(reference, root) {
  const [, pointer] = /^#((?:\/.*)?)$/.exec(String(reference)) ?? [];
  return pointer
    ?.split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce(
      (node, key) =>
        isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined,
      root,
    );
}

/** Follows references; one to elsewhere is an empty schema, so JSON text. */
function resolved(schema, root) {
  let current = schema;
  for (let hop = 0; isObject(current) && "$ref" in current; hop++) {
    current = hop < MAX_REFS ? pointed(current.$ref, root) : undefined;
  }
  return isObject(current) ? current : {};
}

function typeOf(schema) {
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  if (types.length === 1) {
    return types[0];
  }
  return types.length === 0 && isObject(schema.properties)
    ? "object"
    : undefined;
}

function kindOf(schema, depth) {
  if (
    Array.isArray(schema.enum) &&
    schema.enum.every((one) => !isObject(one) && !Array.isArray(one))
  ) {
    return "enum";
  }
  const type = typeOf(schema);
  if (type === "object") {
    const hasFields = Object.keys(schema.properties ?? {}).length > 0;
    return hasFields && depth < MAX_DEPTH ? "object" : "json";
  }
  return SIMPLE.includes(type) ? type : "json";
}

/** A value no longer fits its input (an object where text is asked for): then it is shown as JSON. */
function fits(kind, value) {
  const checks = {
    string: () => typeof value === "string",
    number: () => typeof value === "number",
    integer: () => typeof value === "number",
    boolean: () => typeof value === "boolean",
    enum: () => typeof value !== "object" || value === null,
    object: () => isObject(value),
    json: () => true,
  };
  return value === undefined || checks[kind]();
}

/** True where a form can be made of the schema's text. */
export function parseSchema(text) {
  try {
    const schema = JSON.parse(text || "null");
    return isObject(schema) && kindOf(resolved(schema, schema), 0) === "object"
      ? schema
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Values for the form, and undefined where only text is safe: no object, no JSON, or a number that this browser would
 * write differently (1.0, or beyond 2^53).
 */
export function parseValues(text) {
  let isExact = true;
  try {
    const values = JSON.parse(text?.trim() || "{}", (_key, value, context) => {
      const source = context?.source;
      isExact &&=
        typeof value !== "number" ||
        source === undefined ||
        String(value) === source;
      return value;
    });
    return isExact && isObject(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

export function jsonProblem(text) {
  try {
    return isObject(JSON.parse(text?.trim() || "{}")) ? undefined : "object";
  } catch (error) {
    return error.message;
  }
}

export function writeValues(values) {
  return JSON.stringify(values, null, 2);
}

/** The inputs of a schema, nested ones in `children`; `value` is undefined where nothing is set. */
export function fieldsOf(schema, values, root = schema, path = []) {
  const { properties = {}, required = [] } = resolved(schema, root);
  return Object.entries(properties).map(([key, property]) => {
    const node = resolved(property, root);
    const at = [...path, key];
    const value =
      isObject(values) && Object.hasOwn(values, key) ? values[key] : undefined;
    const wanted = kindOf(node, at.length);
    const kind = fits(wanted, value) ? wanted : "json";
    return {
      id: JSON.stringify(at),
      path: at,
      kind,
      label: typeof node.title === "string" ? node.title : key,
      description: typeof node.description === "string" ? node.description : "",
      isRequired: Array.isArray(required) && required.includes(key),
      default: node.default,
      choices: kind === "enum" ? choicesOf(node.enum, value) : [],
      value,
      text: textOf(kind, value),
      children: kind === "object" ? fieldsOf(node, value, root, at) : [],
    };
  });
}

/** Choices are told apart by their place: 1 and "1" look the same. */
function choicesOf(options, value) {
  return options.map((option, index) => ({
    value: option,
    index: String(index),
    text: String(option),
    isChosen: option === value,
  }));
}

function textOf(kind, value) {
  if (value === undefined) {
    return "";
  }
  return kind === "json" ? JSON.stringify(value, null, 2) : String(value);
}

export function shownDefault(field) {
  if (field.default === undefined) {
    return "";
  }
  return typeof field.default === "string"
    ? field.default
    : JSON.stringify(field.default);
}

/** What somebody typed: `{value}`, undefined for nothing at all, or `{problem}` that names the kind. */
export function parseInput(field, text) {
  if (field.kind === "string") {
    // A required text may be empty on purpose; otherwise emptying an input takes the value out.
    return { value: text === "" && !field.isRequired ? undefined : text };
  }
  if (text.trim() === "") {
    return { value: undefined };
  }
  if (field.kind === "json") {
    return parseJson(text);
  }
  const number = Number(text.trim().replace(",", "."));
  const isFine =
    Number.isFinite(number) &&
    (field.kind === "number" || Number.isSafeInteger(number));
  return isFine ? { value: number } : { problem: field.kind };
}

function parseJson(text) {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: "json" };
  }
}

/** The values with one changed; undefined takes it out, and objects that this leaves empty with it. */
export function withValue(values, [key, ...rest], value) {
  const old = isObject(values) ? values : {};
  const next = rest.length > 0 ? withValue(old[key], rest, value) : value;
  const isGone =
    next === undefined ||
    (value === undefined && rest.length > 0 && Object.keys(next).length === 0);
  const entries = Object.entries(old);
  if (isGone) {
    return Object.fromEntries(entries.filter(([name]) => name !== key));
  }
  // Not by assignment: a key may be called __proto__.
  return Object.fromEntries(
    Object.hasOwn(old, key)
      ? entries.map(([name, was]) => [name, name === key ? next : was])
      : [...entries, [key, next]],
  );
}

/** Required values that are neither set nor have a default, as dotted paths; those of objects that aren't there don't count. */
export function missingOf(fields) {
  return fields.flatMap((field) => {
    if (field.kind === "object") {
      return field.isRequired || field.value !== undefined
        ? missingOf(field.children)
        : [];
    }
    const isMissing = field.isRequired && field.value === undefined;
    return isMissing ? [field.path.join(".")] : [];
  });
}
