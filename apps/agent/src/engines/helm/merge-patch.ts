import type { JsonObject, JsonValue } from "@vworkspace/resources";

/** JSON merge patch (RFC 7396), as the API server carries it out. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, JsonValue> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, name);
    else merged[name] = patched(merged[name], value);
  }
  return merged;
}

function patched(old: JsonValue | undefined, value: JsonValue): JsonValue {
  if (!isObject(value)) return value;
  return mergePatch(isObject(old) ? old : {}, value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
