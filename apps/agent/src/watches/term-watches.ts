import type { KubeObject } from "@vworkspace/kube";
import type { ReflectorWatches } from "./reflector-watches";
import type { WatchKey } from "./watched-kinds";
import { type ChangeListener, Watches } from "./watches";

/**
 * The watches as the rooms of one term see them: the stores are the process's own, warm from the time of standing by, and the
 * listeners go with the term.
 */
export class TermWatches extends Watches {
  private readonly subscriptions = new Set<() => void>();
  private hasBegun = false;
  /** Told of everything there is when the term begins. */
  private greeted: {
    readonly kind: WatchKey;
    readonly listener: ChangeListener;
  }[] = [];

  constructor(private readonly shared: ReflectorWatches) {
    super();
  }

  /** Who has listened from the start hears of what was there before. */
  begin(): void {
    for (const { kind, listener } of this.greeted.splice(0))
      for (const [key, object] of [...this.objects(kind)])
        listener(key, object);
    this.hasBegun = true;
  }

  /** Nobody is told of anything any more. */
  end(): void {
    for (const unsubscribe of [...this.subscriptions]) unsubscribe();
  }

  waitForSync(): Promise<void> {
    return this.shared.waitForSync();
  }

  override isWatched(kind: WatchKey): boolean {
    return this.shared.isWatched(kind);
  }

  override objects(kind: WatchKey): ReadonlyMap<string, KubeObject> {
    return this.shared.objects(kind);
  }

  override hasSynced(kind: WatchKey): boolean {
    return this.shared.hasSynced(kind);
  }

  override whenSynced(kind: WatchKey): Promise<void> {
    return this.shared.whenSynced(kind);
  }

  override isServed(kind: WatchKey): boolean {
    return this.shared.isServed(kind);
  }

  override isCurrent(kind: WatchKey): boolean {
    return this.shared.isCurrent(kind);
  }

  override isDenied(kind: WatchKey, namespace?: string): boolean {
    return this.shared.isDenied(kind, namespace);
  }

  override onChange(kind: WatchKey, listener: ChangeListener): () => void {
    if (!this.hasBegun) this.greeted.push({ kind, listener });
    return this.keep(this.shared.onChange(kind, listener));
  }

  override onServed(kind: WatchKey, listener: () => void): () => void {
    return this.keep(this.shared.onServed(kind, listener));
  }

  private keep(unsubscribe: () => void): () => void {
    const once = () => {
      this.subscriptions.delete(once);
      unsubscribe();
    };
    this.subscriptions.add(once);
    return once;
  }
}
