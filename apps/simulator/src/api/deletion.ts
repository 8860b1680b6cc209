import type { KubeObject } from "../kube-object";
import { NAMESPACES } from "../resources/built-in";
import type { ResourceType } from "../resources/resource-type";
import { regenerated } from "./object-lifecycle";
import { forbidden } from "./status-error";
import type { DeleteOptions } from "./write-request";

/** Held until the dependents are gone, or have been let go; the garbage collector removes them. */
export const FOREGROUND_FINALIZER = "foregroundDeletion";
export const ORPHAN_FINALIZER = "orphan";

const PERMANENT_NAMESPACES = ["default", "kube-system", "kube-public"];

/** @throws StatusError 403 for the namespaces that every cluster keeps */
export function refusePermanent(type: ResourceType, name: string): void {
  if (type === NAMESPACES && PERMANENT_NAMESPACES.includes(name))
    throw forbidden(type, name, {
      message: "this namespace may not be deleted",
    });
}

/** The object as a delete request leaves it, if finalizers hold it; itself when it was being deleted already. */
export function markDeleted(
  object: KubeObject,
  type: ResourceType,
  options: DeleteOptions,
  now: string,
): KubeObject {
  if (object.metadata.deletionTimestamp !== undefined) return object;
  const finalizers = [
    ...(object.metadata.finalizers ?? []),
    ...policyFinalizers(options),
  ];
  const metadata = {
    ...object.metadata,
    ...(finalizers.length > 0 ? { finalizers } : {}),
    deletionTimestamp: now,
  };
  if (type === NAMESPACES)
    return { ...object, metadata, status: { phase: "Terminating" } };
  const marked = {
    ...object,
    metadata: { ...metadata, deletionGracePeriodSeconds: 0 },
  };
  return type.hasGeneration ? regenerated(marked, object) : marked;
}

function policyFinalizers({ propagationPolicy }: DeleteOptions): string[] {
  if (propagationPolicy === "Foreground") return [FOREGROUND_FINALIZER];
  return propagationPolicy === "Orphan" ? [ORPHAN_FINALIZER] : [];
}
