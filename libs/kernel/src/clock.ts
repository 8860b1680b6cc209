/** Time as the process sees it. Leases, expiry and order use the database's clock instead. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch. */
  abstract now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; true when the time has passed. */
  abstract sleep(ms: number, signal?: AbortSignal): Promise<boolean>;

  /**
   * Milliseconds from some point on that never go back or jump, for durations: the time of day may be set by an hour at any
   * moment.
   */
  monotonic(): number {
    return this.now();
  }

  /** RFC 3339 in UTC with milliseconds. */
  timestamp(): string {
    return new Date(this.now()).toISOString();
  }
}

export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }

  override monotonic(): number {
    return performance.now();
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isOver: boolean) => () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        resolve(isOver);
      };
      const onAbort = finish(false);
      const timer = setTimeout(finish(true), Math.max(0, ms));
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}
