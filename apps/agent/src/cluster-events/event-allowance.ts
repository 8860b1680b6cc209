import type { Clock } from "@vworkspace/kernel";

/** So many at once about one object, and one more in each so many milliseconds: as client-go's recorder does it. */
const BURST = 25;
const REFILL_MS = 300_000;
/** Objects that are remembered; those that were quiet for longest are forgotten first. */
const MOST_OBJECTS = 4_096;

interface Bucket {
  left: number;
  filledAt: number;
}

/** How much may still be told about each object. */
export class EventAllowance {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly clock: Clock) {}

  /** @returns whether one more may be told, and counts it */
  take(object: string): boolean {
    const bucket = this.bucketOf(object);
    this.buckets.delete(object);
    this.buckets.set(object, bucket);
    const [quietest] = this.buckets.keys();
    if (this.buckets.size > MOST_OBJECTS && quietest !== undefined)
      this.buckets.delete(quietest);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }

  private bucketOf(object: string): Bucket {
    const now = this.clock.monotonic();
    const old = this.buckets.get(object);
    if (old === undefined) return { left: BURST, filledAt: now };
    const refilled = Math.floor((now - old.filledAt) / REFILL_MS);
    if (refilled <= 0) return old;
    return {
      left: Math.min(BURST, old.left + refilled),
      filledAt: old.filledAt + refilled * REFILL_MS,
    };
  }
}
