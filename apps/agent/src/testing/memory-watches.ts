import { keyOf, type Kind, type KubeObject } from "@vworkspace/kube";
import { type ChangeListener, Watches } from "../watches/watches";
import { WATCHED_KINDS } from "../watches/watched-kinds";

/** What a test lets the agent see. */
export class MemoryWatches extends Watches {
  private readonly seen = new Map<string, Map<string, KubeObject>>();
  private readonly listeners = new Map<string, Set<ChangeListener>>();
  readonly unserved = new Set<string>();
  readonly denied = new Set<string>();

  show(object: KubeObject): void {
    this.storeOf(object).set(keyOf(object), object);
    this.tell(object, keyOf(object), object);
  }

  hide(object: KubeObject): void {
    this.storeOf(object).delete(keyOf(object));
    this.tell(object, keyOf(object), undefined);
  }

  override isWatched(kind: Kind): boolean {
    return WATCHED_KINDS.some((watched) => watched.kind === kind.kind);
  }

  override objects(kind: Kind): ReadonlyMap<string, KubeObject> {
    return this.storeOf(kind);
  }

  override hasSynced(): boolean {
    return true;
  }

  override whenSynced(): Promise<void> {
    return Promise.resolve();
  }

  override isServed(kind: Kind): boolean {
    return !this.unserved.has(kind.kind);
  }

  override isDenied(kind: Kind): boolean {
    return this.denied.has(kind.kind);
  }

  override onChange(kind: Kind, listener: ChangeListener): () => void {
    const listeners = this.listeners.get(kind.kind) ?? new Set();
    this.listeners.set(kind.kind, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  override onServed(): () => void {
    return () => undefined;
  }

  private tell(kind: Kind, key: string, object: KubeObject | undefined): void {
    for (const listener of [...(this.listeners.get(kind.kind) ?? [])])
      listener(key, object);
  }

  private storeOf({ kind }: Kind): Map<string, KubeObject> {
    const store = this.seen.get(kind) ?? new Map<string, KubeObject>();
    this.seen.set(kind, store);
    return store;
  }
}
