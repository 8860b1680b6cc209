import type { Condition } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import type { ClusterEvent } from "./cluster-events";

/** Conditions that say something is wrong where they are True. */
const BAD_WHEN_TRUE = new Set([
  "Degraded",
  "Blocked",
  "Failed",
  "Disconnected",
  "BufferOverflow",
  "ClockSkewed",
]);
/** Conditions that say something is wrong where they are False, unless it is on its way. */
const BAD_WHEN_FALSE = new Set([
  "Ready",
  "Accepted",
  "Connected",
  "Authenticated",
  "ControllersHealthy",
]);
const ON_ITS_WAY = /^(Installing|Upgrading|WaitingFor)/;

/**
 * One event for each condition that has another status or reason than before. A condition that says for the first time that
 * nothing is the matter is no event, and neither is Reconciling: the Ready beside it tells the same.
 */
export function transitionEvents(
  regarding: KubeObject,
  before: readonly Condition[],
  after: readonly Condition[],
): readonly ClusterEvent[] {
  const changed = after.filter((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const isSame =
      old?.status === condition.status && old.reason === condition.reason;
    const isQuiet = old === undefined && condition.status === "False";
    return (
      !isSame &&
      condition.type !== "Reconciling" &&
      !(isQuiet && !BAD_WHEN_FALSE.has(condition.type))
    );
  });
  return changed.map(({ type, status, reason, message }) => ({
    regarding,
    type: isWarning({ type, status, reason }) ? "Warning" : "Normal",
    reason,
    note: `${type} is ${status}${message ? `: ${message}` : ""}`,
  }));
}

function isWarning({
  type,
  status,
  reason,
}: Pick<Condition, "type" | "status" | "reason">): boolean {
  return (
    (status === "True" && BAD_WHEN_TRUE.has(type)) ||
    (status === "False" && BAD_WHEN_FALSE.has(type) && !ON_ITS_WAY.test(reason))
  );
}
