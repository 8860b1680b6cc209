import { keyOf, type KubeObject } from "./kube-object";
import type { WatchEvent } from "./watch-source";

/** Objects by keyOf. */
export type ObjectStore<T> = Map<string, T>;

/** An object that is there now, or (undefined) is no more. */
export interface StoreChange<T> {
  readonly key: string;
  readonly object: T | undefined;
}

/**
 * Makes the store what a list says and tells what differs: objects that went missing while nobody watched come first,
 * then those that are new or of another uid or resourceVersion.
 */
export function replaceStore<T extends KubeObject>(
  store: ObjectStore<T>,
  listed: readonly T[],
): StoreChange<T>[] {
  const next = new Map(listed.map((object) => [keyOf(object), object]));
  const changes: StoreChange<T>[] = [];
  for (const key of store.keys())
    if (!next.has(key)) changes.push({ key, object: undefined });
  for (const [key, object] of next)
    if (isChanged(store.get(key), object)) changes.push({ key, object });
  for (const { key, object } of changes) put(store, key, object);
  return changes;
}

/** Applies one event of a watch; a bookmark changes nothing, nor does the end of an object that isn't held. */
export function applyEvent<T extends KubeObject>(
  store: ObjectStore<T>,
  event: WatchEvent,
): StoreChange<T> | undefined {
  if (event.type === "BOOKMARK") return undefined;
  const key = keyOf(event.object);
  const object = event.type === "DELETED" ? undefined : (event.object as T);
  if (object === undefined && !store.has(key)) return undefined;
  put(store, key, object);
  return { key, object };
}

/** The version that a watch continues from after this event; undefined where the event says none. */
export function versionAfter(event: WatchEvent): string | undefined {
  return event.type === "BOOKMARK"
    ? event.resourceVersion
    : event.object.metadata.resourceVersion;
}

function put<T>(store: ObjectStore<T>, key: string, object: T | undefined) {
  if (object === undefined) store.delete(key);
  else store.set(key, object);
}

function isChanged(known: KubeObject | undefined, listed: KubeObject): boolean {
  return (
    known === undefined ||
    known.metadata.uid !== listed.metadata.uid ||
    known.metadata.resourceVersion !== listed.metadata.resourceVersion
  );
}
