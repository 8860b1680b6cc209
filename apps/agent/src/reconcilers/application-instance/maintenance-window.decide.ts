import { type MaintenanceWindow, nextOpeningMs } from "@vworkspace/resources";

const MINUTE_MS = 60_000;

export type WindowState =
  | { readonly isOpen: true }
  | {
      readonly isOpen: false;
      /** Milliseconds since 1970; absent: none ever opens. */
      readonly opensAt?: number;
    };

/**
 * Whether changes may be applied at a moment. A window is open from each of its openings, which count, for durationMinutes
 * of real time, whatever the clocks do meanwhile. Without windows it is always.
 * @param now milliseconds since 1970
 */
export function windowState(
  windows: readonly MaintenanceWindow[],
  now: number,
): WindowState {
  if (windows.length === 0 || windows.some((window) => isOpenAt(window, now)))
    return { isOpen: true };
  const openings = windows.flatMap(
    (window) => nextOpeningMs(window, now) ?? [],
  );
  return openings.length === 0
    ? { isOpen: false }
    : { isOpen: false, opensAt: Math.min(...openings) };
}

/** It is if its first opening later than `durationMinutes` ago has come. */
function isOpenAt(window: MaintenanceWindow, now: number): boolean {
  const opening = nextOpeningMs(
    window,
    now - window.durationMinutes * MINUTE_MS,
  );
  return opening !== undefined && opening <= now;
}
