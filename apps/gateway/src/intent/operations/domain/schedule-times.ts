import { isTimezone, nextOpeningMs } from "@vworkspace/resources";
import type { ScheduleFields } from "./schedule";

export type ScheduleTimes = Pick<ScheduleFields, "cron" | "timezone">;

const MAX_CRON_CHARACTERS = 128;
const MAX_KEEP = 1000;
/** Any time will do: what comes at all comes within eight years of it (29 February). */
const SOME_TIME_MS = Date.UTC(2024, 0, 1);
/** More missed times than this say no more than this. */
const MOST_COUNTED = 1000;

/** The first due time after a moment; clocks that are put forward or back are croner's business (see nextOpeningMs). */
export function nextDue(times: ScheduleTimes, after: Date): Date | null {
  const next = nextOpeningMs(times, after.getTime());
  return next === undefined ? null : new Date(next);
}

/**
 * The newest due time that has come since `due`, which has, and how many before it nobody looked at. However many those are,
 * they make one operation, not a burst.
 */
export function comeDue(
  times: ScheduleTimes,
  due: Date,
  now: Date,
): { readonly newest: Date; readonly missed: number } {
  let newest = due;
  for (let missed = 0; missed < MOST_COUNTED; missed += 1) {
    const next = nextDue(times, newest);
    if (next === null || next > now) return { newest, missed };
    newest = next;
  }
  return { newest, missed: MOST_COUNTED };
}

/** The first thing that is wrong with when and how long, as a sentence; undefined: nothing. */
export function scheduleProblem(fields: ScheduleFields): string | undefined {
  if (!isTimezone(fields.timezone))
    return `timezone is "${fields.timezone.slice(0, 64)}": give an IANA time zone such as Europe/Vienna.`;
  const cron = `cron is "${fields.cron.slice(0, 80)}": give five fields such as 0 2 * * * (minute, hour, day of month, month, day of week)`;
  try {
    if (fields.cron.length > MAX_CRON_CHARACTERS) return `${cron}.`;
    if (nextDue(fields, new Date(SOME_TIME_MS)) === null)
      return `${cron}; this one never comes.`;
  } catch {
    return `${cron}.`;
  }
  const { keep } = fields;
  return keep === null || (keep > 0 && keep <= MAX_KEEP)
    ? undefined
    : `keep is ${keep}: give a whole number from 1 to ${MAX_KEEP}, or false for all.`;
}
