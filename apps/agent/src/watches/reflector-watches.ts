import type { Clock } from "@vworkspace/kernel";
import {
  type Kind,
  type KubeObject,
  Reflector,
  type ReflectorOptions,
  type WatchSource,
} from "@vworkspace/kube";
import { type Log, reasonOf } from "../log";
import { type KindWatch, WholeKindWatch } from "./kind-watch";
import { withoutCopy } from "./lean-object";
import { PerNamespaceWatch } from "./per-namespace-watch";
import { type ChangeListener, Watches } from "./watches";
import {
  CUSTOM_RESOURCE_DEFINITION,
  NAMESPACE,
  type WatchKey,
  WATCHED_KINDS,
  type WatchedKind,
} from "./watched-kinds";

interface Watched {
  readonly kind: Kind;
  readonly watch: KindWatch;
  readonly isAccessory: boolean;
  readonly listeners: Set<ChangeListener>;
  readonly servedListeners: Set<() => void>;
}

export interface ReflectorWatchesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

/** A kind that appears is told of by the watch of CRDs; asking for it is for the case that this one is denied. */
const MISSING_POLL_MS = 300_000;
/** How long kinds are waited for that one can do without. */
const ACCESSORIES_MS = 30_000;
/** Many kinds are listed at once at the start, and what a page takes to read is never given back. */
const PAGE_SIZE = 250;

/** Watches over the reflectors of libs/kube: one per kind, shared by every room, or one per kind and opted-in namespace. */
export class ReflectorWatches extends Watches {
  private readonly watched = new Map<string, Watched>();

  constructor(
    private readonly source: WatchSource,
    private readonly options: ReflectorWatchesOptions,
  ) {
    super();
    const whole = WATCHED_KINDS.filter((row) => !row.perOptedInNamespace);
    for (const row of whole) this.add(row, (told) => this.whole(row, told));
    for (const row of WATCHED_KINDS.filter((one) => one.perOptedInNamespace))
      this.add(row, (told) => this.perNamespace(row, told));
    this.onChange(CUSTOM_RESOURCE_DEFINITION, (name) => this.lookFor(name));
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.all().map(({ watch }) => watch.run(signal)));
  }

  /**
   * Resolves once every kind has synced, or the watches end. Not for ever: a kind that the API server can't list, because of a
   * conversion webhook that is gone for instance, must not keep the agent from all others where it is an accessory.
   */
  async waitForSync(): Promise<void> {
    const { clock, log } = this.options;
    const needed = this.all().filter(({ isAccessory }) => !isAccessory);
    await Promise.all(needed.map(({ watch }) => watch.waitForSync()));
    const synced = new AbortController();
    void Promise.all(this.all().map(({ watch }) => watch.waitForSync())).then(
      () => synced.abort(),
    );
    if (!(await clock.sleep(ACCESSORIES_MS, synced.signal))) return;
    const kinds = this.all()
      .filter(({ watch }) => !watch.hasSynced)
      .map(({ kind }) => nameOf(kind));
    log.warn({ kinds }, "Going on without kinds that can't be listed.");
  }

  override isWatched(kind: WatchKey): boolean {
    return this.watched.has(nameOf(kind));
  }

  override objects(kind: WatchKey): ReadonlyMap<string, KubeObject> {
    return this.required(kind).watch.store;
  }

  override hasSynced(kind: WatchKey): boolean {
    return this.required(kind).watch.hasSynced;
  }

  override whenSynced(kind: WatchKey): Promise<void> {
    return this.required(kind).watch.waitForSync();
  }

  override isServed(kind: WatchKey): boolean {
    return this.required(kind).watch.isServed;
  }

  override isCurrent(kind: WatchKey): boolean {
    return this.required(kind).watch.isCurrent;
  }

  override isDenied(kind: WatchKey, namespace?: string): boolean {
    return this.required(kind).watch.isDenied(namespace);
  }

  override onChange(kind: WatchKey, listener: ChangeListener): () => void {
    const { listeners } = this.required(kind);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  override onServed(kind: WatchKey, listener: () => void): () => void {
    const { servedListeners } = this.required(kind);
    servedListeners.add(listener);
    return () => servedListeners.delete(listener);
  }

  private add(row: WatchedKind, watch: (told: Told) => KindWatch): void {
    const listeners = new Set<ChangeListener>();
    const servedListeners = new Set<() => void>();
    const told: Told = {
      changed: (key, object) => {
        for (const listener of [...listeners]) listener(key, object);
      },
      served: () => {
        for (const listener of [...servedListeners]) listener();
      },
    };
    const kind = { apiVersion: row.apiVersion, kind: row.kind };
    const isAccessory = row.isAccessory === true;
    const parts = { kind, isAccessory, listeners, servedListeners };
    this.watched.set(nameOf(row), { ...parts, watch: watch(told) });
  }

  private whole(row: WatchedKind, told: Told): KindWatch {
    return new WholeKindWatch(this.reflect(row, told));
  }

  private perNamespace(row: WatchedKind, told: Told): KindWatch {
    const watch = new PerNamespaceWatch({
      namespaces: this.required(NAMESPACE).watch,
      onChange: told.changed,
      reflect: (namespace, changed) =>
        this.reflect(row, { ...told, changed }, namespace),
    });
    this.onChange(NAMESPACE, (name, namespace) =>
      watch.follow(name, namespace !== undefined),
    );
    return watch;
  }

  private reflect(
    row: WatchedKind,
    told: Told,
    namespace?: string,
  ): Reflector<KubeObject> {
    const { clock, random } = this.options;
    const {
      apiVersion,
      kind,
      keep,
      of: _,
      perOptedInNamespace: __,
      isAccessory: ___,
      isReconciled = false,
      ...selection
    } = row;
    const options: ReflectorOptions<KubeObject> = {
      ...selection,
      ...(namespace !== undefined && { namespace }),
      ...(random && { random }),
      ...this.tellers(kind, told, namespace),
      // What hangs on the other kinds is looked at again with the resource of ours that it hangs on.
      ...(!isReconciled && { resyncMs: 0 }),
      clock,
      missingPollMs: MISSING_POLL_MS,
      pageSize: PAGE_SIZE,
      keep: (object) => {
        const lean = withoutCopy(object);
        return keep === undefined ? lean : keep(lean);
      },
    };
    return new Reflector(this.source, { apiVersion, kind }, options);
  }

  private tellers(kind: string, told: Told, namespace?: string) {
    const { log } = this.options;
    const facts = { kind, ...(namespace !== undefined && { namespace }) };
    return {
      onChange: told.changed,
      onServed: (isServed: boolean) => {
        if (namespace === undefined)
          log.info({ ...facts, isServed }, servedText(isServed));
        told.served();
      },
      onDenied: (isDenied: boolean) => {
        if (!isDenied) log.info(facts, "A watch is allowed again.");
        told.served();
      },
      onError: (error: unknown) =>
        log.warn(
          { ...facts, reason: reasonOf(error) },
          "A watch failed and is started again.",
        ),
    };
  }

  /** @param definition `<plural>.<group>`: of its group something began, changed or ceased to be served */
  private lookFor(definition: string): void {
    const group = definition.slice(definition.indexOf(".") + 1);
    for (const { kind, watch } of this.all()) {
      if (kind.apiVersion.split("/")[0] !== group) continue;
      this.source.forget(kind);
      watch.poke();
    }
  }

  private all(): Watched[] {
    return [...this.watched.values()];
  }

  private required(kind: WatchKey): Watched {
    const watched = this.watched.get(nameOf(kind));
    if (watched === undefined)
      throw new RangeError(`${nameOf(kind)} is not among the watched kinds.`);
    return watched;
  }
}

/** What a reflector tells of. */
interface Told {
  readonly changed: ChangeListener;
  readonly served: () => void;
}

function nameOf({ apiVersion, kind, of }: WatchKey): string {
  return `${apiVersion}/${kind}${of === undefined ? "" : ` of ${of}`}`;
}

function servedText(isServed: boolean): string {
  return isServed
    ? "Watching a kind."
    : "The cluster does not serve a kind; waiting for it to appear.";
}
