import type { KubeObject } from "@vworkspace/kube";

/** kubectl's copy of the whole object: it doubles what is held, and of a Secret it holds the values. */
const COPY = "kubectl.kubernetes.io/last-applied-configuration";

/** The object without the copy of itself. */
export function withoutCopy(object: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  if (annotations?.[COPY] === undefined) return object;
  const { [COPY]: _, ...rest } = annotations;
  return { ...object, metadata: { ...object.metadata, annotations: rest } };
}
