import type { Resource } from "./discovery";
import { KubeError } from "./kube-error";
import { describeRef, type Kind, type ObjectRef } from "./kube-object";

/** The path of a kind's list: of one namespace, or of all where none is given or the kind is cluster-scoped. */
export function collectionPath(
  resource: Resource,
  namespace: string | undefined,
): string {
  if (!resource.isNamespaced || namespace === undefined)
    return `${resource.root}/${resource.plural}`;
  return `${resource.root}/namespaces/${segment(namespace)}/${resource.plural}`;
}

/** The path of one object. */
export function objectPath(resource: Resource, ref: ObjectRef): string {
  return `${parentPath(resource, ref)}/${segment(ref.name)}`;
}

/** The path that an object is created under. */
export function parentPath(
  resource: Resource,
  ref: Kind & { namespace?: string; name: string },
): string {
  if (resource.isNamespaced && ref.namespace === undefined)
    throw badRequest(`${describeRef(ref)} needs a namespace.`);
  return collectionPath(resource, ref.namespace);
}

/** The API server's own rule for names in paths, so that a name can't lead to another path. */
function segment(text: string): string {
  if (text === "" || text === "." || text === ".." || /[/%]/.test(text))
    throw badRequest(`${JSON.stringify(text)} is no name of an object.`);
  return encodeURIComponent(text);
}

function badRequest(message: string): KubeError {
  return new KubeError(message, { status: 400, reason: "BadRequest" });
}
