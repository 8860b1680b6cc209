import { childKey, fieldKey, isUnder, type FieldSet } from "./field-set";
import type { WriteContext } from "./write-context";

const IDENTITY = new Set([
  "f:apiVersion",
  "f:kind",
  "f:metadata",
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => childKey("f:metadata", fieldKey(name))),
]);

const STATUS = fieldKey("status");

/** The fields of a write that can have an owner: not the object's identity, and only those its endpoint may write. */
export function ownable(
  fields: FieldSet,
  { writer, hasStatus }: Pick<WriteContext, "writer" | "hasStatus">,
): FieldSet {
  const isWritten = (path: string) => {
    if (writer.subresource === "status") return isUnder(path, STATUS);
    return !(hasStatus && isUnder(path, STATUS));
  };
  return new Set(
    [...fields].filter((path) => !IDENTITY.has(path) && isWritten(path)),
  );
}
