import type { KubeObject } from "../kube-object";
import { NAMESPACES } from "../resources/built-in";
import { storageKey } from "../resources/resource-type";
import type { Store } from "../store/store";
import { forbidden, notFound } from "./status-error";
import type { Target } from "./write-request";

/**
 * Whether something new may be created there: in a namespace that exists and is not going away, of a kind that is not
 * going away.
 *
 * @throws StatusError 404 or 403
 */
export function admit(
  store: Store,
  { type, namespace }: Target,
  object: KubeObject,
): void {
  if (type.isTerminating)
    throw forbidden(type, object.metadata.name, {
      message:
        "create not allowed while custom resource definition is terminating",
    });
  if (namespace === undefined) return;
  const found = store.get(storageKey(NAMESPACES), namespace);
  if (!found) throw notFound(NAMESPACES, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  throw forbidden(type, object.metadata.name, {
    message: `unable to create new content in namespace ${namespace} because it is being terminated`,
    causes: [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  });
}
