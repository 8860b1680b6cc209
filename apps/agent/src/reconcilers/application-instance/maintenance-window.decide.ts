import { type MaintenanceWindow, nextOpeningMs } from "@vworkspace/resources";

const MINUTE_MS = 60_000;

export type WindowState =
  | { readonly isOpen: true }
  | {
      readonly isOpen: false;
      /** Milliseconds since 1970; absent: none ever opens. */
      readonly opensAt?: number;
    };

/** So many times the next opening of all is looked for: sets that never meet are not followed for ever. */
const MOST_STEPS = 64;

/**
 * Whether changes may be applied at a moment: one window of every set is open. A window is open from each of its openings,
 * which count, for durationMinutes of real time, whatever the clocks do meanwhile. Without windows it is always.
 * @param now milliseconds since 1970
 */
export function windowState(
  windows: readonly MaintenanceWindow[],
  now: number,
): WindowState {
  const sets = setsOf(windows);
  let at = now;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const closed = sets.filter((set) => !isOpenSet(set, at));
    if (closed.length === 0)
      return at === now ? { isOpen: true } : { isOpen: false, opensAt: at };
    // None of the closed ones is open before its next opening, so that all are open at the last of these at the earliest.
    const openings = closed.map((set) => nextOpeningOf(set, at));
    at = Math.max(...openings);
    if (at === Infinity) break;
  }
  return { isOpen: false };
}

function setsOf(
  windows: readonly MaintenanceWindow[],
): readonly (readonly MaintenanceWindow[])[] {
  const names = new Set(windows.map(({ set }) => set));
  return [...names].map((name) => windows.filter(({ set }) => set === name));
}

function isOpenSet(set: readonly MaintenanceWindow[], at: number): boolean {
  return set.some((window) => isOpenAt(window, at));
}

/** Infinity: never. */
function nextOpeningOf(
  set: readonly MaintenanceWindow[],
  after: number,
): number {
  return Math.min(
    ...set.map((window) => nextOpeningMs(window, after) ?? Infinity),
  );
}

/** It is if its first opening later than `durationMinutes` ago has come. */
function isOpenAt(window: MaintenanceWindow, now: number): boolean {
  const opening = nextOpeningMs(
    window,
    now - window.durationMinutes * MINUTE_MS,
  );
  return opening !== undefined && opening <= now;
}
