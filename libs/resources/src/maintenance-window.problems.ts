import type { FieldProblem } from "./field-problem";
import { fieldOf, valueAt } from "./json-access";
import { nextOpeningMs } from "./maintenance-cron";
import { maintenanceWindows } from "./maintenance-windows.schema";
import { structuralCheck } from "./structural-validation";

/** Any time will do: an expression that opens at all opens within eight years of it (29 February). */
const SOME_TIME_MS = Date.UTC(2024, 0, 1);

const CRON_MAX_LENGTH = 128;
/** More of them are refused by the schema, and not looked into here. */
const MOST_WINDOWS = 16;

/** Windows of an object that no schema can judge: time zones, cron expressions, and those that never open. Answers for any input. */
export function maintenanceWindowProblems(object: unknown): FieldProblem[] {
  const path = ["spec", "policy", "maintenanceWindows"];
  return unusableWindows(valueAt(object, path), path.join("."));
}

const windowsCheck = structuralCheck({
  ...maintenanceWindows,
  description: "Windows that stand somewhere else.",
});

/** All that is wrong with windows that stand in no object of ours, at the path that people know them by. Answers for any input. */
export function windowsProblems(windows: unknown, at: string): FieldProblem[] {
  return [...windowsCheck(windows, at), ...unusableWindows(windows, at)];
}

function unusableWindows(windows: unknown, path: string): FieldProblem[] {
  if (!Array.isArray(windows)) return [];
  return windows.slice(0, MOST_WINDOWS).flatMap((window: unknown, index) => {
    const at = `${path}[${index}]`;
    const zone = timezoneProblem(window, at);
    // An expression can't be judged in a zone that doesn't exist.
    return zone ?? cronProblem(window, at) ?? [];
  });
}

function timezoneProblem(
  window: unknown,
  at: string,
): FieldProblem | undefined {
  const value = fieldOf(window, "timezone");
  if (typeof value !== "string" || isTimezone(value)) return undefined;
  const shown = value.slice(0, 64);
  return {
    field: `${at}.timezone`,
    value: shown,
    message: `${at}.timezone must be an IANA time zone such as Europe/Vienna, not ${JSON.stringify(shown)}`,
  };
}

/** Whether the runtime knows a time zone of that name, such as Europe/Vienna. */
export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function cronProblem(window: unknown, at: string): FieldProblem | undefined {
  const cron = fieldOf(window, "cron");
  // What isn't text of a bearable length, or has another number of fields, is the schema's to refuse.
  if (typeof cron !== "string" || cron.length > CRON_MAX_LENGTH)
    return undefined;
  if (cron.trim().split(/ +/).length !== 5) return undefined;
  const timezone = fieldOf(window, "timezone");
  const zone = typeof timezone === "string" ? { timezone } : {};
  const field = `${at}.cron`;
  const problem = (what: string): FieldProblem => ({
    field,
    value: cron,
    message: `${field} must be five cron fields such as 0 2 * * 6 (minute, hour, day of month, month, day of week): ${JSON.stringify(cron)} ${what}`,
  });
  try {
    return nextOpeningMs({ cron, ...zone }, SOME_TIME_MS) === undefined
      ? problem("never comes")
      : undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return problem(`is none (${why.slice(0, 200)})`);
  }
}
