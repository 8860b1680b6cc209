import { isEqual, isFields } from "../json";
import type { FieldError } from "./field-error";
import type { Schema } from "./schema";

/** Lists of type set and map hold no item (or key) twice. */
export function duplicates(
  list: readonly unknown[],
  schema: Schema,
  path: string,
): FieldError[] {
  const identity = identityOf(schema);
  if (!identity) return [];
  return list.flatMap((item, index) => {
    const own = identity(item);
    const isRepeated = list
      .slice(0, index)
      .some((earlier) => isEqual(identity(earlier), own));
    if (!isRepeated) return [];
    return [
      {
        reason: "FieldValueDuplicate" as const,
        field: `${path}[${index}]`,
        message: `Duplicate value: ${JSON.stringify(own)}`,
      },
    ];
  });
}

function identityOf(schema: Schema): ((item: unknown) => unknown) | undefined {
  if (schema["x-kubernetes-list-type"] === "set") return (item) => item;
  if (schema["x-kubernetes-list-type"] !== "map") return undefined;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  return (item) =>
    Object.fromEntries(
      keys
        .filter((key) => isFields(item) && Object.hasOwn(item, key))
        .map((key) => [key, isFields(item) ? item[key] : undefined]),
    );
}
