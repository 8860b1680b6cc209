import type { Clock } from "@vworkspace/kernel";
import {
  type Kind,
  type KubeObject,
  Reflector,
  type WatchSource,
} from "@vworkspace/kube";
import { type Log, reasonOf } from "../log";
import { type ChangeListener, Watches } from "./watches";
import { WATCHED_KINDS, type WatchedKind } from "./watched-kinds";

interface Watched {
  readonly reflector: Reflector<KubeObject>;
  readonly listeners: Set<ChangeListener>;
  readonly servedListeners: Set<() => void>;
}

/** Watches over the reflectors of libs/kube, one per kind. */
export class ReflectorWatches extends Watches {
  private readonly watched = new Map<string, Watched>();

  constructor(
    source: WatchSource,
    private readonly options: { readonly clock: Clock; readonly log: Log },
  ) {
    super();
    for (const kind of WATCHED_KINDS)
      this.watched.set(nameOf(kind), this.watch(source, kind));
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const all = [...this.watched.values()];
    await Promise.all(all.map(({ reflector }) => reflector.start(signal)));
  }

  /** Resolves once every kind has synced, or the watches end. */
  async waitForSync(): Promise<void> {
    const all = [...this.watched.values()];
    await Promise.all(all.map(({ reflector }) => reflector.waitForSync()));
  }

  override isWatched(kind: Kind): boolean {
    return this.watched.has(nameOf(kind));
  }

  override objects(kind: Kind): ReadonlyMap<string, KubeObject> {
    return this.required(kind).reflector.store;
  }

  override hasSynced(kind: Kind): boolean {
    return this.required(kind).reflector.hasSynced;
  }

  override isServed(kind: Kind): boolean {
    return this.required(kind).reflector.isServed;
  }

  override onChange(kind: Kind, listener: ChangeListener): () => void {
    const { listeners } = this.required(kind);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  override onServed(kind: Kind, listener: () => void): () => void {
    const { servedListeners } = this.required(kind);
    servedListeners.add(listener);
    return () => servedListeners.delete(listener);
  }

  private watch(source: WatchSource, watchedKind: WatchedKind): Watched {
    const { clock, log } = this.options;
    const { labelSelector, ...kind } = watchedKind;
    const listeners = new Set<ChangeListener>();
    const servedListeners = new Set<() => void>();
    const reflector = new Reflector<KubeObject>(source, kind, {
      ...(labelSelector !== undefined && { labelSelector }),
      clock,
      onChange: (key, object) => {
        for (const listener of [...listeners]) listener(key, object);
      },
      onServed: (isServed) => {
        log.info({ kind: kind.kind, isServed }, servedText(isServed));
        for (const listener of [...servedListeners]) listener();
      },
      onError: (error) =>
        log.warn(
          { kind: kind.kind, reason: reasonOf(error) },
          "A watch failed and is started again.",
        ),
    });
    return { reflector, listeners, servedListeners };
  }

  private required(kind: Kind): Watched {
    const watched = this.watched.get(nameOf(kind));
    if (watched === undefined)
      throw new RangeError(`${nameOf(kind)} is not among the watched kinds.`);
    return watched;
  }
}

function nameOf(kind: Kind): string {
  return `${kind.apiVersion}/${kind.kind}`;
}

function servedText(isServed: boolean): string {
  return isServed
    ? "Watching a kind."
    : "The cluster does not serve a kind; waiting for it to appear.";
}
