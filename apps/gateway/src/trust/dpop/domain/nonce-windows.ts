/** How long a nonce is given out; it counts for as long again afterwards. */
export const NONCE_WINDOW_MS = 300_000;
/** A window's proofs are remembered in one of so many places: the three that count, one on either side that still or already
 * counts on a replica whose clock is up to a window away, and one that is over everywhere. */
export const NONCE_SLOTS = 6;

/** The window that a time falls into. @param now milliseconds since the epoch, by the gateway's clock */
export function windowAt(now: number): number {
  return Math.floor(now / NONCE_WINDOW_MS);
}

/**
 * Windows whose nonces count: this one, the one before, so that a nonce lives at least a window, and the next, which a replica
 * whose clock is ahead gives out already. Newest last.
 */
export function countingWindows(current: number): readonly number[] {
  return [current - 1, current, current + 1];
}

export function slotOf(window: number): number {
  return window % NONCE_SLOTS;
}

/** The slot whose windows are over on every replica, or yet to come. */
export function pastSlot(current: number): number {
  return slotOf(current + 3);
}
