import type { JsonObject, JsonValue } from "./structural-schema";

/** JSON merge patch (RFC 7396): null removes, an object is merged, everything else takes the place of what was there. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, JsonValue>(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else if (isObject(value)) {
      const old = merged.get(name);
      merged.set(name, mergePatch(isObject(old) ? old : {}, value));
    } else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
