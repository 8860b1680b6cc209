import type { DeleteOptions } from "./kube-api";
import type { KubeObject } from "./kube-object";

/** An object as server-side apply takes it: JSON is YAML, and managedFields may not be applied. */
export function applyBody(object: KubeObject): string {
  const { managedFields: _, ...metadata } = object.metadata;
  return JSON.stringify({ ...object, metadata });
}

/** What of an object is applied to /status: the names, the preconditions and the status. */
export function statusBody(object: KubeObject): string {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return JSON.stringify({
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, namespace, uid, resourceVersion },
    status: object.status,
  });
}

export function deleteBody(options: DeleteOptions): string {
  const { uid, resourceVersion, propagationPolicy } = options;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy,
    ...(uid === undefined && resourceVersion === undefined
      ? {}
      : { preconditions: { uid, resourceVersion } }),
  });
}
