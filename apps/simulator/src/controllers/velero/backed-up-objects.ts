import { fieldsAt, listAt, stringAt } from "../../json";
import { objectKey, type KubeObject } from "../../kube-object";
import { type ResourceType, storageKey } from "../../resources/resource-type";
import { NAMESPACES } from "../../resources/built-in";
import type { ClusterAccess } from "../cluster-access";
import { EXCLUDED_LABEL } from "./velero-kinds";

/** What happened is not given back, and therefore not taken here either. */
const EVENTS = "events";

/** The objects that a Backup or a Restore speaks of: those of its namespaces, each namespace before what it holds. */
export function selectObjects(
  order: KubeObject,
  cluster: ClusterAccess,
): readonly KubeObject[] {
  const { store } = cluster.api;
  const types = cluster.catalog
    .all()
    .filter((type) => type.isNamespaced && isWantedType(order, type));
  return namespacesOf(order).flatMap((namespace) => {
    const own = store.get(storageKey(NAMESPACES), namespace);
    const held = types.flatMap((type) =>
      [...store.scan(storageKey(type))].filter(
        ({ metadata }) => metadata.namespace === namespace,
      ),
    );
    const wanted = held.filter((object) => isWantedObject(order, object));
    return [...(own ? [own] : []), ...wanted];
  });
}

/** Of objects that were kept those that a Restore speaks of. */
export function selectKept(
  order: KubeObject,
  objects: readonly KubeObject[],
  { catalog }: ClusterAccess,
): readonly KubeObject[] {
  const namespaces = namespacesOf(order);
  return objects.filter((object) => {
    const { apiVersion, kind, metadata } = object;
    if (kind === NAMESPACES.kind) return namespaces.includes(metadata.name);
    const type = catalog.findKind(apiVersion, kind)?.type;
    return (
      type !== undefined &&
      namespaces.includes(metadata.namespace ?? "") &&
      isWantedType(order, type) &&
      isWantedObject(order, object)
    );
  });
}

export function namespacesOf(order: KubeObject): readonly string[] {
  return listAt(order, "spec", "includedNamespaces").map(String);
}

export function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${objectKey(metadata.namespace, metadata.name)}`;
}

function isWantedType(order: KubeObject, type: ResourceType): boolean {
  if (type.plural === EVENTS) return false;
  const names = [type.plural, storageKey(type), "*"];
  const isNamed = (name: unknown) => names.includes(String(name));
  const included = listAt(order, "spec", "includedResources");
  if (listAt(order, "spec", "excludedResources").some(isNamed)) return false;
  return included.length === 0 || included.some(isNamed);
}

function isWantedObject(
  order: KubeObject,
  { metadata: { labels = {}, deletionTimestamp } }: KubeObject,
): boolean {
  if (deletionTimestamp !== undefined) return false;
  if (labels[EXCLUDED_LABEL] === "true") return false;
  const selector = fieldsAt(order, "spec", "labelSelector", "matchLabels");
  return Object.keys(selector).every(
    (name) => labels[name] === stringAt(selector, name),
  );
}
