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
  /** The generation stamped on it; 0 for none. */
  readonly intentGeneration: number;
  /** Digest of its spec as it was first seen under this generation. */
  readonly specDigest: string | undefined;
  /** Whether its spec has another digest now: somebody else has changed it. */
  readonly isDifferent: boolean;
  readonly conditions: readonly PlacedCondition[];
  readonly endpoints: readonly unknown[];
  readonly observedAt: string;
}

export interface Report {
  readonly uid: string;
  readonly intentGeneration: number | undefined;
  /** Kubernetes' own generation of the object when it was reported. */
  readonly generation: number | undefined;
  readonly specDigest?: string | undefined;
  /** A snapshot tells all there is of an object; an event only what changed. */
  readonly isWhole: boolean;
  readonly conditions: readonly Condition[];
  readonly endpoints: readonly unknown[] | undefined;
  readonly position: Position;
}

/** As many as one event may bring; a cluster that keeps inventing types doesn't make the row grow. */
const MAX_CONDITIONS = 64;

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

/**
 * What is known after a report. Per uid and condition type the newest wins; a report of another uid is of another
 * object under the same name: a newer one replaces everything, an older one changes nothing. Nor does an older one bring
 * back an object that a snapshot has missed since.
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
  const mustBeNewer = known !== undefined && (isOther || !known.present);
  if (
    mustBeNewer &&
    Date.parse(report.position.timestamp) < Date.parse(known.observedAt)
  )
    return known;
  const base = isOther || known === undefined ? undefined : known;
  const isNewest =
    base === undefined || !isBefore(report.position, newestPosition(base));
  return {
    uid: report.uid || (base?.uid ?? ""),
    present: true,
    ...mergeSpec(base, report, isNewest),
    conditions: mergeConditions(base, report),
    endpoints: (isNewest && report.endpoints) || (base?.endpoints ?? []),
    observedAt: later(base?.observedAt, report.position.timestamp),
  };
}

function newestPosition(object: ObservedObject): Position {
  return object.conditions
    .map((condition) => condition.position)
    .reduce((newest, next) => (isBefore(newest, next) ? next : newest), {
      timestamp: object.observedAt,
    });
}

/**
 * The stamp follows the newest report, down as well: an object that was put back by a restored cluster carries an older
 * generation, and has to get the newest again.
 */
function mergeSpec(
  base: ObservedObject | undefined,
  report: Report,
  isNewest: boolean,
): Pick<ObservedObject, "intentGeneration" | "specDigest" | "isDifferent"> {
  const known = {
    intentGeneration: base?.intentGeneration ?? 0,
    specDigest: base?.specDigest,
    isDifferent: base?.isDifferent ?? false,
  };
  if (!isNewest) return known;
  const unstamped = report.isWhole ? 0 : known.intentGeneration;
  const intentGeneration = report.intentGeneration ?? unstamped;
  const isSame = intentGeneration === known.intentGeneration;
  if (!isSame || known.specDigest === undefined)
    return {
      intentGeneration,
      specDigest: report.specDigest,
      isDifferent: false,
    };
  if (report.specDigest === undefined) return known;
  return { ...known, isDifferent: report.specDigest !== known.specDigest };
}

function mergeConditions(
  base: ObservedObject | undefined,
  report: Report,
): readonly PlacedCondition[] {
  const conditions = new Map(
    (base?.conditions ?? [])
      .filter(
        ({ position }) =>
          !report.isWhole || isBefore(report.position, position),
      )
      .map((condition) => [condition.type, condition]),
  );
  for (const condition of report.conditions) {
    const older = conditions.get(condition.type);
    if (older && isBefore(report.position, older.position)) continue;
    if (isStale(condition, report.generation)) continue;
    conditions.set(condition.type, { ...condition, position: report.position });
  }
  return [...conditions.values()].slice(-MAX_CONDITIONS);
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
