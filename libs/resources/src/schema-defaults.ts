import { isFields } from "./json-access";
import type { StructuralSchema } from "./structural-schema";

/**
 * Fills in the defaults of a schema as the API server does: a missing field (or null, where there is a default) gets it, and
 * what is there is looked into; nothing else changes. The input is left as it is.
 */
export function withDefaults(
  schema: StructuralSchema,
  value: unknown,
): unknown {
  const { properties, items } = schema;
  if (Array.isArray(value))
    return items === undefined
      ? value
      : value.map((item) => withDefaults(items, item));
  if (!isFields(value) || properties === undefined) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(properties)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const chosen = given ?? property.default;
    if (chosen !== undefined) filled[name] = withDefaults(property, chosen);
  }
  return filled;
}
