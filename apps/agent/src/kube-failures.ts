import { ConflictError, KindMissingError, KubeError } from "@vworkspace/kube";

/** Whether a write failed because the object is no longer the one that was read: read it again and decide anew. */
export function isStaleRead(error: unknown): boolean {
  if (!(error instanceof KubeError) || error instanceof ConflictError)
    return false;
  if (error.status === 409) return true;
  // A foreign uid in an apply is answered as the change of an immutable field.
  return (
    error.status === 422 &&
    error.causes.some(({ field }) =>
      /^metadata\.(uid|resourceVersion)$/.test(field ?? ""),
    )
  );
}

/** Whether a write failed because the object is no more. */
export function isGone(error: unknown): boolean {
  return (
    error instanceof KubeError &&
    !(error instanceof KindMissingError) &&
    error.status === 404
  );
}

/** Whether a create failed because there is an object of that name. */
export function isAlreadyThere(error: unknown): boolean {
  return error instanceof KubeError && error.reason === "AlreadyExists";
}
