import { Clock } from "./clock";

interface Sleeper {
  readonly until: number;
  readonly wake: (isOver: boolean) => void;
}

/** A clock that a test moves by hand; it starts at 2026-01-01T00:00:00Z. */
export class ManualClock extends Clock {
  private sleepers: Sleeper[] = [];
  /** By how much the time of day was set. */
  private setBy = 0;

  constructor(private current = Date.UTC(2026, 0, 1)) {
    super();
  }

  override now(): number {
    return this.current + this.setBy;
  }

  override monotonic(): number {
    return this.current;
  }

  /** Somebody sets the time of day, by so much; no time passes. */
  setTimeOfDay(byMs: number): void {
    this.setBy += byMs;
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const sleeper = { until: this.current + ms, wake: resolve };
      this.sleepers.push(sleeper);
      signal?.addEventListener("abort", () => resolve(false), { once: true });
    });
  }

  /** Moves time and wakes those whose time has come, in order; lets their continuations run. */
  async advance(ms: number): Promise<void> {
    this.current += ms;
    const due = this.sleepers.filter(
      (sleeper) => sleeper.until <= this.current,
    );
    this.sleepers = this.sleepers.filter(
      (sleeper) => sleeper.until > this.current,
    );
    for (const sleeper of due.sort((a, b) => a.until - b.until))
      sleeper.wake(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
