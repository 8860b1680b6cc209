import { DomainError } from "@vworkspace/kernel";
import { type MaintenanceWindow, windowsProblems } from "@vworkspace/resources";
import type { PolicyFields, PolicyWindow } from "./policy";

/** Of one policy; the windows of two stand together in an instance, which has 16. */
const MOST_WINDOWS = 8;
const FIELD = "maintenance_windows";
const NAMES = ["cron", "duration_minutes", "timezone"];

/** What is wrong with the windows of a policy, as a sentence; undefined: nothing. Answers for any input. */
export function windowsProblem(
  windows: readonly unknown[],
): string | undefined {
  if (windows.length > MOST_WINDOWS)
    return `${FIELD} has ${windows.length} items: at most ${MOST_WINDOWS} are allowed.`;
  const wrong = windows.findIndex((window) => !isWindowLike(window));
  if (wrong >= 0)
    return `${FIELD}[${wrong}] is no window: give {"cron", "duration_minutes", "timezone"}, for example {"cron": "0 2 * * 6", "duration_minutes": 120, "timezone": "Europe/Vienna"}.`;
  const asInstances = (windows as readonly PolicyWindow[]).map(windowOf);
  const [problem] = windowsProblems(asInstances, FIELD);
  return (
    problem &&
    `${problem.message.replace("durationMinutes", "duration_minutes")}.`
  );
}

/** A misspelt name would be left out in silence. */
function isWindowLike(window: unknown): boolean {
  return (
    typeof window === "object" &&
    window !== null &&
    !Array.isArray(window) &&
    Object.keys(window).every((name) => NAMES.includes(name))
  );
}

function windowOf({
  cron,
  duration_minutes,
  timezone,
}: PolicyWindow): MaintenanceWindow {
  return {
    cron,
    durationMinutes: duration_minutes,
    ...(timezone !== undefined && { timezone }),
  };
}

/**
 * The windows of all policies that apply, for the agent, which holds them. A policy restricts: those of each are a set, and
 * one of every set has to be open.
 */
export function windowsOfPolicies(
  policies: readonly Pick<
    PolicyFields,
    "name" | "cluster_id" | "maintenance_windows"
  >[],
): readonly MaintenanceWindow[] {
  return policies.flatMap(({ name, cluster_id, maintenance_windows }) => {
    // An earlier release took any list.
    const problem = windowsProblem(maintenance_windows);
    if (problem !== undefined)
      throw new DomainError(
        "policy_denied",
        `Policy refuses this (maintenance_windows): those of ${name} can't be kept to: ${problem}`,
        { details: { policy: name, rule: FIELD, value: "" } },
      );
    const set = cluster_id === null ? "organization" : "cluster";
    return (maintenance_windows as readonly PolicyWindow[]).map((window) => ({
      ...windowOf(window),
      set,
    }));
  });
}
