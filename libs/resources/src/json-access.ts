/** An object from outside, before anything is known about its fields. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of an own field; undefined when `value` is no object or has no such field. */
export function fieldOf(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name)
    ? value[name]
    : undefined;
}

/** The value at a path of fields; undefined where the path ends early. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce(fieldOf, value);
}

/** CEL's `has(self.name)`. */
export function has(self: Fields, name: string): boolean {
  return fieldOf(self, name) !== undefined;
}
