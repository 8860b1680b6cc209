import type { KubeObject, Metadata } from "../kube-object";
import type { ResourceType } from "../resources/resource-type";
import { invalid, invalidValue } from "../schema/field-error";
import { badRequest, conflict, modified } from "./status-error";
import type { DeleteOptions, Target } from "./write-request";

/** The body of an update names the object of the URL. */
export function requireSameName(body: Metadata, name: string): void {
  if (body.name !== name)
    throw badRequest(
      `the name of the object (${body.name}) does not match the name on the URL (${name})`,
    );
}

/**
 * An update, patch or apply that names a resourceVersion holds only for the object in that state.
 *
 * @throws StatusError 409
 */
export function requireUnchanged(
  type: ResourceType,
  next: Metadata,
  old: Metadata,
): void {
  if (
    next.resourceVersion !== undefined &&
    next.resourceVersion !== old.resourceVersion
  )
    throw modified(type, old.name);
}

/** Some kinds are never replaced without saying which state the client has seen. @throws StatusError 422 */
export function requireResourceVersion(
  { type }: Target,
  object: KubeObject,
): void {
  const { resourceVersion } = object.metadata;
  if (!type.isUpdatedByVersion || resourceVersion !== undefined) return;
  throw invalid(
    { kind: type.plural, group: type.group, name: object.metadata.name },
    [
      invalidValue(
        "metadata.resourceVersion",
        0,
        "must be specified for an update",
      ),
    ],
  );
}

/** An update of another uid is meant for another object. @throws StatusError 409 */
export function requireSameObject(
  type: ResourceType,
  next: Metadata,
  old: Metadata,
): void {
  if (next.uid === undefined || next.uid === old.uid) return;
  throw conflict(
    type,
    old.name,
    `Precondition failed: UID in precondition: ${next.uid}, UID in object meta: ${old.uid ?? ""}`,
  );
}

/** Patches and applies treat what differs here as a change, and refuse it. @throws StatusError 422 */
export function requireSameIdentity(
  type: ResourceType,
  next: Metadata,
  old: Metadata,
): void {
  const errors = (["uid", "deletionTimestamp"] as const)
    .filter((field) => next[field] !== undefined && next[field] !== old[field])
    .map((field) =>
      invalidValue(`metadata.${field}`, next[field], "field is immutable"),
    );
  if (errors.length > 0)
    throw invalid(
      { kind: type.kind, group: type.group, name: old.name },
      errors,
    );
}

export function requirePreconditions(
  type: ResourceType,
  old: Metadata,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== old.uid)
    throw deletionConflict(
      type,
      old,
      `the UID in the precondition (${uid}) does not match the UID in record (${old.uid ?? ""}). The object might have been deleted and then recreated`,
    );
  if (resourceVersion !== undefined && resourceVersion !== old.resourceVersion)
    throw deletionConflict(
      type,
      old,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.resourceVersion ?? ""}). The object might have been modified`,
    );
}

/** Here the API names the kind, not the resource. */
function deletionConflict(type: ResourceType, old: Metadata, why: string) {
  return conflict({ ...type, plural: type.kind }, old.name, why);
}
