import { Clock } from "@vworkspace/kernel";

export interface Skew {
  /** Milliseconds that it is ahead. */
  readonly aheadMs: number;
  /** Its seconds per second. */
  readonly rate: number;
}

/** Another machine's clock: ahead or behind, and a little too fast or too slow. */
export class SkewedClock extends Clock {
  private readonly startedAt: number;

  constructor(
    private readonly base: Clock,
    private readonly skew: Skew,
  ) {
    super();
    this.startedAt = base.now();
  }

  override now(): number {
    const passed = this.base.now() - this.startedAt;
    return this.startedAt + this.skew.aheadMs + passed * this.skew.rate;
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    return this.base.sleep(ms / this.skew.rate, signal);
  }
}
