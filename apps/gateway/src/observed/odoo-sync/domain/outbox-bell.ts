/** Rings when there is something to tell an Odoo that nobody should wait for the next look for. */
export class OutboxBell {
  private current = new AbortController();

  /** Aborts when it rings next. */
  get next(): AbortSignal {
    return this.current.signal;
  }

  ring(): void {
    const { current } = this;
    this.current = new AbortController();
    current.abort();
  }
}
