import { StatusError, type StatusCause } from "../api/status-error";
import {
  describePath,
  inOrder,
  intersection,
  type FieldSet,
} from "./field-set";
import type { Manager } from "./managers";

/** A field that someone else owns and that a write would change. */
export interface FieldConflict {
  readonly owner: string;
  readonly field: string;
}

export function conflictsWith(
  others: readonly Manager[],
  changed: FieldSet,
): FieldConflict[] {
  return others.flatMap((other) =>
    inOrder(intersection(other.fields, changed)).map((path) => ({
      owner: describeOwner(other),
      field: describePath(path),
    })),
  );
}

function describeOwner(owner: Manager): string {
  const subresource = owner.subresource
    ? ` with subresource "${owner.subresource}"`
    : "";
  const version =
    owner.operation === "Update" ? ` using ${owner.apiVersion}` : "";
  return `${JSON.stringify(owner.manager)}${subresource}${version}`;
}

/** The API's 409: one cause per field, and a sentence that groups them by owner. */
export function conflictError(
  conflicts: readonly FieldConflict[],
): StatusError {
  const causes: StatusCause[] = conflicts.map(({ owner, field }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${owner}`,
    field,
  }));
  const [first] = conflicts;
  if (conflicts.length === 1 && first)
    return refuse(
      `1 conflict: conflict with ${first.owner}: ${first.field}`,
      causes,
    );
  const owners = [...new Set(conflicts.map(({ owner }) => owner))];
  const groups = owners.map((owner) => {
    const own = conflicts.filter((conflict) => conflict.owner === owner);
    const fields = own.map(({ field }) => `- ${field}`).join("\n");
    return `conflicts with ${owner}:\n${fields}`;
  });
  return refuse(`${conflicts.length} conflicts: ${groups.join("\n")}`, causes);
}

function refuse(text: string, causes: readonly StatusCause[]): StatusError {
  return new StatusError(409, "Conflict", `Apply failed with ${text}`, {
    causes,
  });
}
