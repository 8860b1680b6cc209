import { backoffMs } from "@vworkspace/kernel";

/** Longest pause before an Odoo that doesn't answer is tried again: it comes back unasked, and the truth soon after it. */
export const MAX_PAUSE_MS = 20_000;
const LIMITS = { baseMs: 1000, maxMs: MAX_PAUSE_MS } as const;
/** Never at once: jitter may choose next to nothing. */
const LEAST_MS = 250;

/** closed: it is sent to; open: it is left alone for a while; half-open: the next try is one small question. */
export type BreakerState = "closed" | "open" | "half-open";

/** @param pausesUntil when it may be tried again; null: at once */
export function breakerState(
  failures: number,
  pausesUntil: Date | null,
  now: Date,
): BreakerState {
  if (failures === 0) return "closed";
  return pausesUntil !== null && pausesUntil > now ? "open" : "half-open";
}

/** @param failures in a row, this one included @param random from 0 to 1 */
export function pauseMs(failures: number, random: () => number): number {
  return Math.max(LEAST_MS, backoffMs(failures - 1, LIMITS, random));
}
