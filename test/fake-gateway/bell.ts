/** Wakes everyone who waits for a change of something. Who is woken looks again: the bell says nothing more. */
export class Bell {
  private readonly waiting = new Set<() => void>();

  get count(): number {
    return this.waiting.size;
  }

  ring(): void {
    for (const wake of [...this.waiting]) wake();
  }

  /** Resolves at the next ring, after `ms`, or when `signal` aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, Math.min(ms, 2 ** 31 - 1)));
      this.waiting.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }
}
