import { fieldsAt, type Fields } from "../json";
import type { KubeObject } from "../kube-object";
import { storageKey } from "../resources/resource-type";
import type { Change, Store } from "../store/store";
import { parseRevision } from "./lists";
import type { Selector } from "./selectors";
import { expired } from "./status-error";
import type { Target } from "./write-request";
import { targetApiVersion } from "./decode";

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: object;
}

export interface WatchQuery {
  /** Undefined: everything. */
  readonly selector: Selector | undefined;
  /** Absent or "0": what is there comes first, as ADDED. */
  readonly resourceVersion: string | undefined;
  /** What is there comes first, then a bookmark that says so. */
  readonly hasInitialEvents: boolean;
}

/**
 * Sends a resource's changes from a revision on.
 *
 * @param send is given the events, the missed ones at once
 * @returns how to stop; undefined when it has ended already, because the revision is too old (ERROR 410 was sent)
 */
export function openWatch(
  store: Store,
  target: Target,
  query: WatchQuery,
  send: (event: WatchEvent) => void,
): (() => void) | undefined {
  const asked = parseRevision(query.resourceVersion);
  const startsWithAll = asked === 0 || query.hasInitialEvents;
  const resource = storageKey(target.type);
  const forward = (change: Change) => {
    if (change.resource !== resource) return;
    const event = seenThrough(change, target, query.selector);
    if (event) send(event);
  };
  if (startsWithAll) {
    sendAll(store, target, query, send);
  } else if (asked < store.oldestRevision) {
    const message = `too old resource version: ${asked} (${store.oldestRevision})`;
    const { details: _, ...object } = expired(message).body();
    send({ type: "ERROR", object });
    return undefined;
  } else store.changesAfter(asked).forEach(forward);
  return store.onChange((change) => {
    // A revision of the future starts there.
    if (change.revision > asked) forward(change);
  });
}

function sendAll(
  store: Store,
  target: Target,
  query: WatchQuery,
  send: (event: WatchEvent) => void,
): void {
  for (const [, object] of store.list(storageKey(target.type)))
    if (isWatched(object, target, query.selector))
      send({ type: "ADDED", object: inVersion(object, target) });
  if (query.hasInitialEvents)
    send(
      bookmark(target, store.revision, {
        annotations: { "k8s.io/initial-events-end": "true" },
      }),
    );
}

export function bookmark(
  target: Target,
  revision: number,
  metadata: Fields = {},
): WatchEvent {
  return {
    type: "BOOKMARK",
    object: {
      kind: target.type.kind,
      apiVersion: targetApiVersion(target),
      metadata: { ...metadata, resourceVersion: String(revision) },
    },
  };
}

/** With a selector an object may come into view or leave it; leaving looks like a deletion. */
function seenThrough(
  change: Change,
  target: Target,
  selector: Selector | undefined,
): WatchEvent | undefined {
  const isSeen =
    change.type !== "DELETED" && isWatched(change.object, target, selector);
  const wasSeen =
    change.previous !== undefined &&
    isWatched(change.previous, target, selector);
  const object = inVersion(change.object, target);
  if (isSeen) return { type: wasSeen ? "MODIFIED" : "ADDED", object };
  if (!wasSeen || change.previous === undefined) return undefined;
  const { resourceVersion } = change.object.metadata;
  const last = change.type === "DELETED" ? change.object : change.previous;
  const metadata = { ...fieldsAt(last, "metadata"), resourceVersion };
  return {
    type: "DELETED",
    object: { ...inVersion(last, target), metadata },
  };
}

function isWatched(
  object: KubeObject,
  { namespace }: Target,
  selector: Selector | undefined,
): boolean {
  if (namespace !== undefined && object.metadata.namespace !== namespace)
    return false;
  return selector?.(object) ?? true;
}

function inVersion(object: KubeObject, target: Target): KubeObject {
  const apiVersion = targetApiVersion(target);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}
