import { type Clock, SystemClock } from "@vworkspace/kernel";
import { collectPages, DEFAULT_PAGE_SIZE } from "./collect-pages";
import type { Selection } from "./kube-api";
import { isDenial, KindMissingError } from "./kube-error";
import { type Keep, KeptWatchSource } from "./kept-watch-source";
import type { Kind, KubeObject } from "./kube-object";
import {
  type Ending,
  FIRST_PLAN,
  planNext,
  type PlanOptions,
} from "./reflector-plan";
import {
  applyEvent,
  replaceStore,
  type StoreChange,
  versionAfter,
} from "./reflector-store";
import type { WatchSource } from "./watch-source";

export interface ReflectorOptions<T extends KubeObject> extends Selection {
  /**
   * An object appeared, changed or (undefined) went; also called for every object at each resync. Must be quick: it is
   * called in the order of the changes and holds the next one up. What it throws goes to onError and stops nothing.
   */
  readonly onChange: (key: string, object: T | undefined) => void;
  /** What is held of each object; all but managedFields by default. */
  readonly keep?: Keep;
  /**
   * Failed lists and watches, and what onChange threw. They are tried again; of those that fail in a row one is told, and
   * another one when it fails differently. A denial is told once.
   */
  readonly onError?: (error: unknown) => void;
  /** The API server began (true) or ceased (false) to serve the kind; called first when either is known. */
  readonly onServed?: (isServed: boolean) => void;
  /** The API server began (true) or ceased (false) to forbid the kind's list or watch. */
  readonly onDenied?: (isDenied: boolean) => void;
  readonly clock?: Clock;
  /** Uniform in [0, 1); Math.random by default. */
  readonly random?: () => number;
  /** Objects per page of a list, 500 by default. */
  readonly pageSize?: number;
  /** Every object is reported anew about this often, 10 min by default (up to a tenth later); 0: never. */
  readonly resyncMs?: number;
  /**
   * The longest time after which a kind that is not served is asked for again, ±50 %; 20 s by default. May be long where
   * poke() tells of new kinds.
   */
  readonly missingPollMs?: number;
}

const DEFAULT_RESYNC_MS = 600_000;
const DEFAULT_MISSING_POLL_MS = 20_000;
/** A watch that ended sooner is no sign that watching works; its events, if it had any, were counted by themselves. */
const USEFUL_WATCH_MS = 1_000;

/**
 * Holds the objects of a kind as the API server has them: lists once, then watches from there. Promises: every change is
 * reported, those between two watches and deletions included, though not every intermediate state; in a steady state it
 * neither lists nor writes; failures are waited out with jitter; a kind that is not served, or that may not be listed or
 * watched, is a state that it waits out. What it saw before it was denied it keeps: a permission that is gone deletes nothing.
 */
export class Reflector<T extends KubeObject> {
  private readonly objects = new Map<string, T>();
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly selection: Selection;
  private readonly source: WatchSource;
  private served: boolean | undefined;
  /** What was forbidden last, until it works again. */
  private denied: "list" | "watch" | undefined;
  private plan = FIRST_PLAN;
  /** Ends the wait for a kind that is missing or denied. */
  private wake = new AbortController();
  private isPokable = false;
  private isFailing = false;
  /** The last failure, as text. */
  private toldFailure = "";
  /** When the list or watch under way began; in the future while none is. */
  private startedAt = Infinity;
  private hasEnded = false;
  private readonly waiters = new Set<(hasSynced: boolean) => void>();

  constructor(
    source: WatchSource,
    private readonly kind: Kind,
    private readonly options: ReflectorOptions<T>,
  ) {
    this.clock = options.clock ?? new SystemClock();
    this.random = options.random ?? Math.random;
    this.source = new KeptWatchSource(source, options.keep);
    const { namespace, labelSelector, fieldSelector, metadataOnly } = options;
    this.selection = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
    };
  }

  /** The objects as last seen, by keyOf. They are shared: don't change them. */
  get store(): ReadonlyMap<string, T> {
    return this.objects;
  }

  /** Whether all that can be known of what is there is known: the first list is in, or the kind is not served, or denied. */
  get hasSynced(): boolean {
    return this.served !== undefined || this.isDenied;
  }

  /** Whether the API server forbids the list or the watch: what the store holds is old, or nothing. */
  get isDenied(): boolean {
    return this.denied !== undefined;
  }

  /** Whether the API server serves the kind; false as long as that isn't known. */
  get isServed(): boolean {
    return this.served === true;
  }

  /**
   * Whether the store is what the API server has now, as far as one can tell: nothing is denied, and the last list or watch
   * did not fail, or the one after it has lasted a moment.
   */
  get isCurrent(): boolean {
    if (!this.hasSynced || this.isDenied) return false;
    return !this.isFailing || this.hasLasted(this.startedAt);
  }

  /** Resolves with true once hasSynced, or with false if the reflector ends before. */
  waitForSync(): Promise<boolean> {
    if (this.hasSynced || this.hasEnded) return Promise.resolve(this.hasSynced);
    return new Promise((resolve) => this.waiters.add(resolve));
  }

  /** Something suggests that a kind that is missing or denied may be had now: it is tried at once. Else this does nothing. */
  poke(): void {
    if (!this.isPokable) return;
    this.source.forget(this.kind);
    this.plan = { ...this.plan, failures: 0 };
    this.wake.abort();
  }

  /** Runs until `signal` aborts, then resolves with nothing left open. Never rejects. Called once. */
  async start(signal: AbortSignal): Promise<void> {
    await Promise.all([this.follow(signal), this.resync(signal)]);
    this.hasEnded = true;
    this.releaseWaiters();
  }

  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const ending = await this.listOrWatch(signal);
      this.startedAt = Infinity;
      this.isFailing = ending.type === "failed" && !isMissing(ending.error);
      if (signal.aborted) return;
      if (ending.type === "failed") this.noteFailure(ending);
      this.plan = planNext(this.plan, ending, this.planOptions());
      if (this.plan.waitMs > 0) await this.wait(ending, signal);
    }
  }

  private planOptions(): PlanOptions {
    const { missingPollMs = DEFAULT_MISSING_POLL_MS } = this.options;
    return { random: this.random, missingPollMs };
  }

  private async wait(ending: Ending, signal: AbortSignal): Promise<void> {
    const { waitMs } = this.plan;
    const error = ending.type === "failed" ? ending.error : undefined;
    this.isPokable = isMissing(error) || isDenial(error);
    if (!this.isPokable) return void (await this.clock.sleep(waitMs, signal));
    this.wake = new AbortController();
    const either = AbortSignal.any([signal, this.wake.signal]);
    await this.clock.sleep(waitMs, either);
    this.isPokable = false;
    if (isMissing(error)) this.source.forget(this.kind);
  }

  private async listOrWatch(signal: AbortSignal): Promise<Ending> {
    const startedAt = (this.startedAt = this.clock.monotonic());
    const { resourceVersion } = this.plan;
    const isWatch = resourceVersion !== undefined;
    try {
      if (!isWatch) return await this.list(signal);
      await this.watch(resourceVersion, signal);
      const wasUseful = this.hasLasted(startedAt);
      if (wasUseful) this.noteDenied(undefined);
      return { type: "closed", wasUseful };
    } catch (error) {
      const wasUseful = isWatch && this.hasLasted(startedAt);
      if (isDenial(error)) this.noteDenied(isWatch ? "watch" : "list", error);
      return {
        type: "failed",
        error,
        wasUseful: wasUseful && !isDenial(error),
      };
    }
  }

  private async list(signal: AbortSignal): Promise<Ending> {
    const { items, resourceVersion } = await collectPages(
      this.source,
      this.kind,
      { ...this.selection, limit: this.options.pageSize ?? DEFAULT_PAGE_SIZE },
      signal,
    );
    const changes = replaceStore(this.objects, items as T[]);
    // A list that is allowed again says nothing about the watch.
    if (this.denied === "list") this.noteDenied(undefined);
    this.noteServed(true);
    for (const change of changes) this.report(change);
    return { type: "listed", resourceVersion };
  }

  private async watch(
    resourceVersion: string,
    signal: AbortSignal,
  ): Promise<void> {
    const from = { ...this.selection, resourceVersion };
    for await (const event of this.source.watch(this.kind, from, signal)) {
      if (signal.aborted) return;
      this.advance(versionAfter(event));
      const change = applyEvent(this.objects, event);
      if (change !== undefined) this.report(change);
    }
  }

  /** Each event shows that watching works, and is where the next watch continues. */
  private advance(version: string | undefined): void {
    const resourceVersion = version ?? this.plan.resourceVersion;
    this.plan = { waitMs: 0, resourceVersion, failures: 0 };
    this.isFailing = false;
    this.noteDenied(undefined);
  }

  private hasLasted(startedAt: number): boolean {
    return this.clock.monotonic() - startedAt >= USEFUL_WATCH_MS;
  }

  private noteFailure(ending: Extract<Ending, { type: "failed" }>): void {
    const { error } = ending;
    if (isDenial(error)) return; // Told once, when it began.
    if (!isMissing(error)) return this.tellFailure(ending);
    this.noteDenied(undefined);
    const changes = replaceStore<T>(this.objects, []);
    this.noteServed(false);
    for (const change of changes) this.report(change);
  }

  private noteServed(isServed: boolean): void {
    if (this.served === isServed) return;
    this.served = isServed;
    this.guarded(() => this.options.onServed?.(isServed));
    this.releaseWaiters();
  }

  private noteDenied(denied: "list" | "watch" | undefined, error?: unknown) {
    const wasDenied = this.isDenied;
    this.denied = denied;
    if (this.isDenied === wasDenied) return;
    if (this.isDenied) this.tellError(error);
    this.guarded(() => this.options.onDenied?.(this.isDenied));
    this.releaseWaiters();
  }

  private async resync(signal: AbortSignal): Promise<void> {
    const resyncMs = this.options.resyncMs ?? DEFAULT_RESYNC_MS;
    if (resyncMs <= 0) return;
    for (;;) {
      const waitMs = resyncMs * (1 + 0.1 * this.random());
      if (!(await this.clock.sleep(waitMs, signal))) return;
      for (const [key, object] of [...this.objects])
        this.report({ key, object });
    }
  }

  private tellFailure(ending: Extract<Ending, { type: "failed" }>): void {
    const isFirst = ending.wasUseful || this.plan.failures === 0;
    const text = String(ending.error);
    if (isFirst || text !== this.toldFailure) this.tellError(ending.error);
    this.toldFailure = text;
  }

  private report(change: StoreChange<T>): void {
    this.guarded(() => this.options.onChange(change.key, change.object));
  }

  private guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.tellError(error);
    }
  }

  private tellError(error: unknown): void {
    try {
      this.options.onError?.(error);
    } catch {
      // Nobody is left to tell.
    }
  }

  private releaseWaiters(): void {
    if (!this.hasSynced && !this.hasEnded) return;
    for (const waiter of this.waiters) waiter(this.hasSynced);
    this.waiters.clear();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof KindMissingError;
}
