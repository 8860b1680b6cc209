import { type Clock, SystemClock } from "@vworkspace/kernel";
import { collectPages, DEFAULT_PAGE_SIZE } from "./collect-pages";
import type { Selection } from "./kube-api";
import { KindMissingError } from "./kube-error";
import type { Kind, KubeObject } from "./kube-object";
import { type Ending, FIRST_PLAN, planNext } from "./reflector-plan";
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
  /** Failed lists and watches (they are tried again) and what onChange threw. */
  readonly onError?: (error: unknown) => void;
  /** The API server began (true) or ceased (false) to serve the kind; called first when either is known. */
  readonly onServed?: (isServed: boolean) => void;
  readonly clock?: Clock;
  /** Uniform in [0, 1); Math.random by default. */
  readonly random?: () => number;
  /** Objects per page of a list, 500 by default. */
  readonly pageSize?: number;
  /** Every object is reported anew about this often, 10 min by default (up to a tenth later); 0: never. */
  readonly resyncMs?: number;
}

const DEFAULT_RESYNC_MS = 600_000;
/** A watch that ended sooner is no sign that watching works; its events, if it had any, were counted by themselves. */
const USEFUL_WATCH_MS = 1_000;

/**
 * Holds the objects of a kind as the API server has them: lists once, then watches from there. Promises: every change is
 * reported, those between two watches and deletions included, though not every intermediate state; in a steady state it
 * neither lists nor writes; failures are waited out with jitter; a kind that is not served is a state that it waits out.
 */
export class Reflector<T extends KubeObject> {
  private readonly objects = new Map<string, T>();
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly selection: Selection;
  private served: boolean | undefined;
  private plan = FIRST_PLAN;
  private hasEnded = false;
  private readonly waiters = new Set<(hasSynced: boolean) => void>();

  constructor(
    private readonly source: WatchSource,
    private readonly kind: Kind,
    private readonly options: ReflectorOptions<T>,
  ) {
    this.clock = options.clock ?? new SystemClock();
    this.random = options.random ?? Math.random;
    const { namespace, labelSelector } = options;
    this.selection = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
  }

  /** The objects as last seen, by keyOf. They are shared: don't change them. */
  get store(): ReadonlyMap<string, T> {
    return this.objects;
  }

  /** Whether it is known what is there: the first list is in, or the kind is not served. */
  get hasSynced(): boolean {
    return this.served !== undefined;
  }

  /** Whether the API server serves the kind; false as long as that isn't known. */
  get isServed(): boolean {
    return this.served === true;
  }

  /** Resolves with true once hasSynced, or with false if the reflector ends before. */
  waitForSync(): Promise<boolean> {
    if (this.hasSynced || this.hasEnded) return Promise.resolve(this.hasSynced);
    return new Promise((resolve) => this.waiters.add(resolve));
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
      if (signal.aborted) return;
      if (ending.type === "failed") this.noteFailure(ending.error);
      this.plan = planNext(this.plan, ending, this.random);
      if (this.plan.waitMs > 0)
        await this.clock.sleep(this.plan.waitMs, signal);
    }
  }

  private async listOrWatch(signal: AbortSignal): Promise<Ending> {
    const startedAt = this.clock.now();
    const { resourceVersion } = this.plan;
    const isWatch = resourceVersion !== undefined;
    try {
      if (!isWatch) return await this.list(signal);
      await this.watch(resourceVersion, signal);
      return { type: "closed", wasUseful: this.hasLasted(startedAt) };
    } catch (error) {
      const wasUseful = isWatch && this.hasLasted(startedAt);
      return { type: "failed", error, wasUseful };
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
  }

  private hasLasted(startedAt: number): boolean {
    return this.clock.now() - startedAt >= USEFUL_WATCH_MS;
  }

  private noteFailure(error: unknown): void {
    if (!(error instanceof KindMissingError)) return this.tellError(error);
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
    for (const waiter of this.waiters) waiter(this.hasSynced);
    this.waiters.clear();
  }
}
