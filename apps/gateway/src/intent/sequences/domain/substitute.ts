import type { JsonObject, JsonValue } from "@vworkspace/resources";

/** Where an instance is. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** What references are replaced by: `${parameters.ttl}`, `${steps.backup.backupName}`, `${instance.namespace}`, `${copy.name}`. */
export interface Scope {
  readonly parameters: JsonObject;
  readonly instance: Place;
  readonly copy: Place;
  /** Outputs of steps that succeeded, by their names. */
  readonly steps: Readonly<Record<string, JsonObject>>;
}

const REFERENCE = /\$\{([^}]*)\}/g;
const WHOLE = /^\$\{([^}]*)\}$/;

/**
 * The value with its references replaced, once: what stands in a parameter is never looked through again. A text that is
 * nothing but a reference becomes the value itself, of whatever type; where there is none, the field is left out.
 */
export function substitute(
  value: JsonValue,
  scope: Scope,
): JsonValue | undefined {
  if (typeof value === "string") return inText(value, scope);
  if (Array.isArray(value))
    return value.flatMap((item) => substitute(item as JsonValue, scope) ?? []);
  if (typeof value !== "object" || value === null) return value;
  return substituteFields(value as JsonObject, scope);
}

/** The same of an object; names are texts too. */
export function substituteFields(fields: JsonObject, scope: Scope): JsonObject {
  const entries = Object.entries(fields).flatMap(([name, value]) => {
    const replaced = substitute(value, scope);
    return replaced === undefined
      ? []
      : [[filled(name, scope), replaced] as const];
  });
  return Object.fromEntries(entries);
}

/** Each reference in a value: the path between the braces, and whether the text is nothing else. */
export function referencesIn(
  value: JsonValue,
): readonly { readonly path: string; readonly isWhole: boolean }[] {
  if (typeof value === "string")
    return [...value.matchAll(REFERENCE)].map(([, path = ""]) => ({
      path,
      isWhole: WHOLE.test(value),
    }));
  if (Array.isArray(value))
    return value.flatMap((item) => referencesIn(item as JsonValue));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value as JsonObject).flatMap(([name, item]) => [
    ...referencesIn(name).map((one) => ({ ...one, isWhole: false })),
    ...referencesIn(item),
  ]);
}

function inText(text: string, scope: Scope): JsonValue | undefined {
  const [, whole] = WHOLE.exec(text) ?? [];
  if (whole !== undefined) return lookUp(whole, scope);
  return filled(text, scope);
}

/** As a text, whatever the references lead to. */
function filled(text: string, scope: Scope): string {
  return text.replace(REFERENCE, (_all, path: string) => {
    const value = lookUp(path, scope) ?? "";
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}

function lookUp(path: string, scope: Scope): JsonValue | undefined {
  let found: unknown = scope;
  for (const part of path.split(".")) {
    const isObject = typeof found === "object" && found !== null;
    if (!isObject || !Object.hasOwn(found as object, part)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[part];
  }
  return found as JsonValue;
}
