import type { AgentEvent, Condition } from "@vworkspace/contract";

/** Where in the stream of a cluster's reports something stood; the newest wins (agent contract, EVT). */
export interface Position {
  /** UUIDv7 of the agent's process, so that processes are ordered too. */
  readonly session?: string | undefined;
  readonly sequence?: number | undefined;
  /** RFC 3339 UTC, never later than the gateway's own clock. */
  readonly timestamp: string;
}

export interface PlacedCondition extends Condition {
  readonly position: Position;
}

/** The newest that is known of an object in a cluster. */
export interface ObservedObject {
  readonly uid: string;
  readonly present: boolean;
  readonly intentGeneration: number;
  readonly conditions: readonly PlacedCondition[];
  readonly endpoints: readonly unknown[];
  readonly observedAt: string;
}

/** Whether `left` stands before `right`: by session and sequence where both have them, else by time. */
export function isBefore(left: Position, right: Position): boolean {
  const hasBoth =
    left.session !== undefined &&
    right.session !== undefined &&
    left.sequence !== undefined &&
    right.sequence !== undefined;
  if (!hasBoth) return Date.parse(left.timestamp) < Date.parse(right.timestamp);
  if (left.session !== right.session)
    return (left.session ?? "") < (right.session ?? "");
  return (left.sequence ?? 0) < (right.sequence ?? 0);
}

/** Where an event stands; a clock that is ahead is set back to the gateway's. */
export function positionOf(event: AgentEvent, receivedAt: string): Position {
  const timestamp =
    Date.parse(event.timestamp) > Date.parse(receivedAt)
      ? receivedAt
      : new Date(event.timestamp).toISOString();
  return { session: event.session, sequence: event.sequence, timestamp };
}

export interface Report {
  readonly uid: string;
  readonly intentGeneration: number | undefined;
  /** Kubernetes' own generation of the object when it was reported. */
  readonly generation: number | undefined;
  readonly conditions: readonly Condition[];
  readonly endpoints: readonly unknown[] | undefined;
  readonly position: Position;
}

/**
 * What is known after a report. Per uid and condition type the newest wins; a report of another uid is of another
 * object under the same name: a newer one replaces everything, an older one changes nothing.
 */
export function mergeReport(
  known: ObservedObject | undefined,
  report: Report,
): ObservedObject {
  const isOther =
    known !== undefined &&
    known.uid !== report.uid &&
    known.uid !== "" &&
    report.uid !== "";
  if (
    isOther &&
    Date.parse(report.position.timestamp) < Date.parse(known.observedAt)
  )
    return known;
  const base = isOther || known === undefined ? undefined : known;
  const conditions = new Map(
    (base?.conditions ?? []).map((condition) => [condition.type, condition]),
  );
  for (const condition of report.conditions) {
    const older = conditions.get(condition.type);
    if (older && isBefore(report.position, older.position)) continue;
    if (isStale(condition, report.generation)) continue;
    conditions.set(condition.type, { ...condition, position: report.position });
  }
  return {
    uid: report.uid || (base?.uid ?? ""),
    present: true,
    intentGeneration: Math.max(
      base?.intentGeneration ?? 0,
      report.intentGeneration ?? 0,
    ),
    conditions: [...conditions.values()],
    endpoints: report.endpoints ?? base?.endpoints ?? [],
    observedAt: later(base?.observedAt, report.position.timestamp),
  };
}

/** A condition that was written for an earlier generation of the object says nothing about the newest intent. */
function isStale(
  condition: Condition,
  generation: number | undefined,
): boolean {
  return (
    condition.observedGeneration !== undefined &&
    generation !== undefined &&
    condition.observedGeneration < generation
  );
}

function later(left: string | undefined, right: string): string {
  return left !== undefined && Date.parse(left) > Date.parse(right)
    ? left
    : right;
}
