import { Clock } from "@vworkspace/kernel";

/** A clock that is ahead of another one; waiting takes as long as there. */
export class ShiftedClock extends Clock {
  /** @param aheadMs negative: behind */
  constructor(
    private readonly inner: Clock,
    private aheadMs: number,
  ) {
    super();
  }

  shift(aheadMs: number): void {
    this.aheadMs = aheadMs;
  }

  override now(): number {
    return this.inner.now() + this.aheadMs;
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    return this.inner.sleep(ms, signal);
  }
}
