import { backoffMs, Clock } from "@vworkspace/kernel";

export interface KeyedQueueOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1); Math.random by default. */
  readonly random?: () => number;
  /** Limits of retry's delay; by default 0.5 s doubling to 5 min. */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
}

const DEFAULT_BACKOFF = { baseMs: 500, maxMs: 300_000 };

/**
 * Keys that wait for work. Promises: one key is never handed out twice at a time; equal keys that wait coalesce; a key
 * added while it is being worked on is handed out again afterwards; of several delayed adds the earliest counts.
 */
export class KeyedQueue {
  /** Insertion order is the order of work. */
  private readonly ready = new Set<string>();
  private readonly running = new Set<string>();
  /** Added while running: ready as soon as it is done. */
  private readonly dirty = new Set<string>();
  private readonly dueAt = new Map<string, number>();
  private readonly failureCount = new Map<string, number>();
  private readonly takers: ((key: string | undefined) => void)[] = [];
  private timer:
    { readonly at: number; readonly stop: AbortController } | undefined;
  private isStopped = false;

  constructor(private readonly options: KeyedQueueOptions) {}

  /** Keys that wait, are delayed or are being worked on. */
  get size(): number {
    return new Set([...this.ready, ...this.running, ...this.dueAt.keys()]).size;
  }

  /** Asks for a run that starts from now on; it takes the place of a delayed one. */
  add(key: string): void {
    if (this.isStopped) return;
    this.dueAt.delete(key);
    if (this.running.has(key)) {
      this.dirty.add(key);
      return;
    }
    this.ready.add(key);
    this.handOut();
  }

  /** Asks for a run in `ms` milliseconds, unless one is due earlier. */
  addAfter(key: string, ms: number): void {
    if (ms <= 0) return this.add(key);
    if (this.isStopped || this.ready.has(key) || this.dirty.has(key)) return;
    const at = this.options.clock.monotonic() + ms;
    if ((this.dueAt.get(key) ?? Infinity) <= at) return;
    this.dueAt.set(key, at);
    this.armTimer(at);
  }

  /**
   * Counts a failure of the key and asks for a run after an exponential delay with full jitter.
   * @returns that delay in milliseconds
   */
  retry(key: string): number {
    const failures = this.failures(key);
    this.failureCount.set(key, failures + 1);
    const delayMs = backoffMs(
      failures,
      this.options.backoff ?? DEFAULT_BACKOFF,
      this.options.random,
    );
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** Failures of the key since it was last forgotten. */
  failures(key: string): number {
    return this.failureCount.get(key) ?? 0;
  }

  /** Starts the key's failures anew. */
  forget(key: string): void {
    this.failureCount.delete(key);
  }

  /** The next key, whose work the caller ends with done(key); undefined once the queue is stopped. */
  take(): Promise<string | undefined> {
    if (this.isStopped) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.takers.push(resolve);
      this.handOut();
    });
  }

  /** The work on a key that take() handed out has ended, however it went. */
  done(key: string): void {
    this.running.delete(key);
    if (this.dirty.delete(key)) this.add(key);
  }

  /** Hands out nothing any more and forgets what waits: after a restart, lists bring it back. */
  stop(): void {
    this.isStopped = true;
    this.timer?.stop.abort();
    this.timer = undefined;
    for (const held of [this.ready, this.dirty, this.dueAt]) held.clear();
    for (const taker of this.takers.splice(0)) taker(undefined);
  }

  private handOut(): void {
    for (const key of this.ready) {
      const taker = this.takers.shift();
      if (taker === undefined) return;
      this.ready.delete(key);
      this.running.add(key);
      taker(key);
    }
  }

  /** One sleep at a time, for the earliest delayed key. */
  private armTimer(at: number): void {
    if (this.timer !== undefined && this.timer.at <= at) return;
    this.timer?.stop.abort();
    const timer = { at, stop: new AbortController() };
    this.timer = timer;
    const delayMs = at - this.options.clock.monotonic();
    void this.options.clock.sleep(delayMs, timer.stop.signal).then((isOver) => {
      if (isOver && this.timer === timer) this.releaseDue();
    });
  }

  private releaseDue(): void {
    this.timer = undefined;
    const now = this.options.clock.monotonic();
    const due = [...this.dueAt].filter(([, at]) => at <= now);
    for (const [key] of due.sort(([, a], [, b]) => a - b)) this.add(key);
    let earliest = Infinity;
    for (const at of this.dueAt.values()) earliest = Math.min(earliest, at);
    if (earliest !== Infinity) this.armTimer(earliest);
  }
}
