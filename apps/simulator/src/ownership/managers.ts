import { defined } from "../json";
import type { ManagedFieldsEntry } from "../kube-object";
import { fromFieldsV1, toFieldsV1, type FieldSet } from "./field-set";

/** Whoever writes: told apart by all four. */
export interface ManagerId {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: "" | "status";
}

export interface Manager extends ManagerId {
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

export function isSameManager(left: ManagerId, right: ManagerId): boolean {
  return (
    left.manager === right.manager &&
    left.operation === right.operation &&
    left.apiVersion === right.apiVersion &&
    left.subresource === right.subresource
  );
}

export function readManagers(
  entries: readonly ManagedFieldsEntry[] | undefined,
): Manager[] {
  return (entries ?? []).map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    subresource: entry.subresource === "status" ? "status" : "",
    time: entry.time,
    fields: fromFieldsV1(entry.fieldsV1),
  }));
}

/** Who owns nothing any more is left out. Order: Apply before Update, then the older first, then by name. */
export function writeManagers(
  managers: readonly Manager[],
): ManagedFieldsEntry[] {
  return managers
    .filter(({ fields }) => fields.size > 0)
    .toSorted(
      (a, b) =>
        a.operation.localeCompare(b.operation) ||
        (a.time ?? "").localeCompare(b.time ?? "") ||
        a.manager.localeCompare(b.manager) ||
        a.subresource.localeCompare(b.subresource),
    )
    .map((one) =>
      defined({
        manager: one.manager,
        operation: one.operation,
        apiVersion: one.apiVersion,
        time: one.time,
        fieldsType: "FieldsV1" as const,
        fieldsV1: toFieldsV1(one.fields),
        subresource: one.subresource === "" ? undefined : one.subresource,
      }),
    ) as ManagedFieldsEntry[];
}
