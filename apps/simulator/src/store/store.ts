import { objectKey, type KubeObject } from "../kube-object";

/** One committed change of one object. */
export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  /** Of the resource: storageKey(). */
  readonly resource: string;
  readonly key: string;
  /** As it is now; of a deletion, as it was, with the deletion's resourceVersion. */
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

export interface StoreContent {
  readonly revision: number;
  readonly objects: readonly { resource: string; object: KubeObject }[];
}

/** A real server has written hundreds of revisions before anyone connects; nobody can watch from the first. */
const FIRST_REVISION = 100;

/**
 * All objects, and the last changes to them. One revision counter for everything, as in etcd; a commit is synchronous, so
 * that what a request read is still true when it writes.
 */
export class Store {
  private readonly objects = new Map<string, Map<string, KubeObject>>();
  private history: Change[] = [];
  private readonly listeners = new Set<(change: Change) => void>();
  private current = FIRST_REVISION;
  private oldest = FIRST_REVISION;

  /** @param historyLength how many changes can be watched from or read back; older: 410 */
  constructor(private readonly historyLength: number) {}

  get revision(): number {
    return this.current;
  }

  /** The oldest revision that can still be watched from or listed at. */
  get oldestRevision(): number {
    return this.oldest;
  }

  get(resource: string, key: string): KubeObject | undefined {
    return this.objects.get(resource)?.get(key);
  }

  /** All objects of a resource, in no order. */
  scan(resource: string): Iterable<KubeObject> {
    return this.objects.get(resource)?.values() ?? [];
  }

  /** All objects of a resource, in the order of their keys. */
  list(resource: string): [string, KubeObject][] {
    const found = [...(this.objects.get(resource) ?? [])];
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** As list(), at an earlier revision that is not older than oldestRevision. */
  listAt(resource: string, revision: number): [string, KubeObject][] {
    const then = new Map(this.objects.get(resource) ?? []);
    for (const change of this.history.toReversed()) {
      if (change.revision <= revision) break;
      if (change.resource !== resource) continue;
      if (change.previous) then.set(change.key, change.previous);
      else then.delete(change.key);
    }
    return [...then].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Stores the object under a new resourceVersion and returns it as stored. */
  put(resource: string, object: KubeObject): KubeObject {
    const key = keyOf(object);
    const previous = this.get(resource, key);
    const stored = this.stamped(object);
    const own = this.objects.get(resource) ?? new Map<string, KubeObject>();
    this.objects.set(resource, own.set(key, stored));
    const type = previous ? "MODIFIED" : "ADDED";
    this.commit({ type, resource, key, object: stored, previous });
    return stored;
  }

  /** @param last the object as it is at its end, if not as it is stored */
  remove(resource: string, key: string, last?: KubeObject): void {
    const previous = this.get(resource, key);
    if (!previous) return;
    this.objects.get(resource)?.delete(key);
    const object = this.stamped(last ?? previous);
    this.commit({ type: "DELETED", resource, key, object, previous });
  }

  /** The changes after a revision, oldest first. */
  changesAfter(revision: number): Change[] {
    return this.history.filter((change) => change.revision > revision);
  }

  /** Calls the listener after every commit, in order, until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Forgets the changes so far, as a compaction of etcd does. */
  compact(): void {
    this.history = [];
    this.oldest = this.current;
  }

  content(): StoreContent {
    const objects = [...this.objects].flatMap(([resource, own]) =>
      [...own.values()].map((object) => ({ resource, object })),
    );
    return { revision: this.current, objects };
  }

  load(content: StoreContent): void {
    this.current = content.revision;
    this.oldest = content.revision;
    for (const { resource, object } of content.objects) {
      const own = this.objects.get(resource) ?? new Map<string, KubeObject>();
      this.objects.set(resource, own.set(keyOf(object), object));
    }
  }

  private stamped(object: KubeObject): KubeObject {
    const resourceVersion = String(this.current + 1);
    return { ...object, metadata: { ...object.metadata, resourceVersion } };
  }

  private commit(change: Omit<Change, "revision">): void {
    this.current += 1;
    const committed = { ...change, revision: this.current };
    this.history.push(committed);
    // Trimmed in bulk, so that a commit costs no copy of the history.
    if (this.history.length >= this.historyLength * 2) {
      this.history = this.history.slice(-this.historyLength);
      this.oldest = (this.history[0]?.revision ?? this.current) - 1;
    }
    for (const listener of this.listeners) listener(committed);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return objectKey(metadata.namespace, metadata.name);
}
