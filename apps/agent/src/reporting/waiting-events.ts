import type { SpooledEvent } from "./spooled-event";

/** An event that waits. */
export interface Waiting extends SpooledEvent {
  /** As JSON, in UTF-16 units. */
  readonly bytes: number;
}

const COMPACT_FROM = 1_024;

/** What waits, by rising positions: whether the oldest goes or the newest comes, the time it takes doesn't depend on how many wait. */
export class WaitingEvents {
  private items: Waiting[] = [];
  private head = 0;
  private total = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  get bytes(): number {
    return this.total;
  }

  get oldest(): Waiting | undefined {
    return this.items[this.head];
  }

  push(item: Waiting): void {
    this.items.push(item);
    this.total += item.bytes;
  }

  /** The oldest, at most `count`. */
  take(count: number): readonly Waiting[] {
    return this.items.slice(this.head, this.head + count);
  }

  /** Of those behind `position` the oldest, at most `count`. */
  after(position: number, count: number): readonly Waiting[] {
    const from = this.firstBehind(position);
    return this.items.slice(from, from + count);
  }

  /** How many there are behind `position`. */
  countAfter(position: number): number {
    return this.items.length - this.firstBehind(position);
  }

  forgetOldest(): void {
    const oldest = this.oldest;
    if (oldest === undefined) return;
    this.total -= oldest.bytes;
    this.head += 1;
    if (this.head < COMPACT_FROM || this.head * 2 < this.items.length) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }

  forgetBefore(position: number): void {
    while (this.oldest !== undefined && this.oldest.position < position)
      this.forgetOldest();
  }

  private firstBehind(position: number): number {
    let [low, high] = [this.head, this.items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.items[middle]?.position ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
