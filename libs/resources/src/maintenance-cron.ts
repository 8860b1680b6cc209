import { Cron } from "croner";
import { ABSENT_MEANS, type MaintenanceWindow } from "./application-instance";

/**
 * When a window opens next. Where clocks are put forward over the opening, it opens at the first time that exists; where an
 * hour comes twice, it opens in the first.
 * @param afterMs since 1970; an opening at this very time doesn't count
 * @returns milliseconds since 1970; undefined: never
 * @throws Error for a cron expression or a time zone that isn't one, which validation refuses
 */
export function nextOpeningMs(
  window: Pick<MaintenanceWindow, "cron" | "timezone">,
  afterMs: number,
): number | undefined {
  const cron = new Cron(window.cron, {
    mode: "5-part",
    timezone: window.timezone ?? ABSENT_MEANS.timezone,
    // A list or range of hours is a fixed time as well; only `*` and steps are intervals.
    fixedTimeRule: "no-wildcard",
  });
  return cron.nextRun(new Date(afterMs))?.getTime();
}
