import type { ObjectReference, ResourceRef } from "./wire";

/** `<kind lower-cased>/<namespace>/<name>@<generation>`: the idempotency key of apply and delete jobs. */
export function objectJobKey(
  object: ObjectReference,
  generation: number,
): string {
  return `${object.kind.toLowerCase()}/${object.namespace}/${object.name}@${generation}`;
}

/** `<intent>/<job id>`: the idempotency key of an intent job. */
export function intentJobKey(intent: string, jobId: string): string {
  return `${intent}/${jobId}`;
}

/** Key of a condition's event: `condition/<apiVersion>/<kind>/<namespace>/<name>/<uid>/<type>/<status>@<generation>`. */
export function conditionEventKey(
  object: ResourceRef,
  condition: { readonly type: string; readonly status: string },
): string {
  const identity = [
    object.apiVersion,
    object.kind,
    object.namespace ?? "",
    object.name,
    object.uid ?? "",
  ];
  return `condition/${[...identity, condition.type, condition.status].join("/")}@${object.generation ?? 0}`;
}
