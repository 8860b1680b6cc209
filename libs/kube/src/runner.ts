import { backoffMs } from "@vworkspace/kernel";
import { KeyedQueue } from "./keyed-queue";
import { ReconcileOutcome, TerminalError } from "./reconcile-outcome";

export interface RunnerOptions {
  readonly queue: KeyedQueue;
  /**
   * Brings one object nearer to what is wanted. Called for one key once at a time. A TerminalError stalls the key until it
   * is added again; every other error is taken as transient.
   */
  readonly reconcile: (key: string) => Promise<ReconcileOutcome>;
  /** Keys worked on at a time, 4 by default. */
  readonly workers?: number;
  /** A reconcile failed and runs again in `retryInMs`. */
  readonly onRetry?: (key: string, error: unknown, retryInMs: number) => void;
  /** A reconcile failed for good. */
  readonly onStalled?: (key: string, error: TerminalError) => void;
  /** Uniform in [0, 1); Math.random by default. */
  readonly random?: () => number;
}

/** So many `again` in a row are no progress but a loop: from there on they are spaced out. */
const EAGER_RUNS = 50;
const LOOP_BACKOFF = { baseMs: 1_000, maxMs: 60_000 };

/** The only scheduler: takes keys from the queue, reconciles them and decides when they run again. */
export class Runner {
  private readonly agains = new Map<string, number>();

  constructor(private readonly options: RunnerOptions) {}

  /**
   * Runs until `signal` aborts; then takes no further key, lets the reconciles under way end, and resolves. It stops the
   * queue. Never rejects.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { queue, workers = 4 } = this.options;
    const stop = () => queue.stop();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    await Promise.all(Array.from({ length: workers }, () => this.work()));
    signal.removeEventListener("abort", stop);
  }

  private async work(): Promise<void> {
    const { queue } = this.options;
    for (;;) {
      const key = await queue.take();
      if (key === undefined) return;
      await this.runOnce(key);
      queue.done(key);
    }
  }

  private async runOnce(key: string): Promise<void> {
    try {
      const outcome = await this.options.reconcile(key);
      this.options.queue.forget(key);
      this.schedule(key, outcome);
    } catch (error) {
      this.agains.delete(key);
      this.scheduleFailed(key, error);
    }
  }

  private schedule(key: string, outcome: ReconcileOutcome): void {
    const { queue } = this.options;
    if (outcome.type === "again") {
      queue.addAfter(key, this.againDelayMs(key));
      return;
    }
    this.agains.delete(key);
    if (outcome.type === "recheck")
      queue.addAfter(key, outcome.afterMs * (1 + 0.1 * this.random()));
  }

  private againDelayMs(key: string): number {
    const runs = (this.agains.get(key) ?? 0) + 1;
    this.agains.set(key, runs);
    if (runs <= EAGER_RUNS) return 0;
    return backoffMs(runs - EAGER_RUNS, LOOP_BACKOFF, this.options.random);
  }

  private scheduleFailed(key: string, error: unknown): void {
    const { queue, onRetry, onStalled } = this.options;
    if (error instanceof TerminalError) {
      queue.forget(key);
      ignoringFailure(() => onStalled?.(key, error));
      return;
    }
    const retryInMs = queue.retry(key);
    ignoringFailure(() => onRetry?.(key, error, retryInMs));
  }

  private random(): number {
    return (this.options.random ?? Math.random)();
  }
}

/** A callback that only tells of something must not end the worker that calls it. */
function ignoringFailure(tell: () => void): void {
  try {
    tell();
  } catch {
    // Nobody is left to tell.
  }
}
