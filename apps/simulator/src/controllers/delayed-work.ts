import type { Clock } from "@vworkspace/kernel";

/**
 * Runs work by key after a delay. A key that is scheduled again before its time keeps the earlier time; work is
 * synchronous, so that no two pieces run at once.
 */
export class DelayedWork {
  private readonly due = new Map<string, number>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly clock: Clock,
    private readonly work: (key: string) => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** @param ms 0: as soon as what runs now has ended */
  schedule(key: string, ms = 0): void {
    const at = this.clock.now() + ms;
    const earlier = this.due.get(key);
    if (earlier !== undefined && earlier <= at) return;
    this.due.set(key, at);
    if (ms === 0) queueMicrotask(() => this.run(key, at));
    else
      void this.clock.sleep(ms, this.stopping.signal).then((isOver) => {
        if (isOver) this.run(key, at);
      });
  }

  stop(): void {
    this.stopping.abort();
    this.due.clear();
  }

  private run(key: string, at: number): void {
    if (this.due.get(key) !== at) return;
    this.due.delete(key);
    try {
      this.work(key);
    } catch (error) {
      this.onError(error);
    }
  }
}
