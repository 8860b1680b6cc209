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
  /** What its kind tells besides, whole; empty where nothing was told. */
  readonly detail: NonNullable<AgentEvent["detail"]>;
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
  readonly detail?: AgentEvent["detail"];
  readonly position: Position;
}

/** As many as one event may bring; a cluster that keeps inventing types doesn't make the row grow. */
const MAX_CONDITIONS = 64;

const SESSION =
  /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

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

/**
 * Where an event stands; a clock that is ahead is set back to the gateway's. Nor does a process count that started in the
 * future: whoever once held a credential of the cluster could use it to be the newest for ever.
 */
export function positionOf(event: AgentEvent, receivedAt: string): Position {
  const timestamp =
    Date.parse(event.timestamp) > Date.parse(receivedAt)
      ? receivedAt
      : new Date(event.timestamp).toISOString();
  const startedAt = startOf(event.session);
  const session =
    startedAt !== undefined && startedAt <= Date.parse(receivedAt)
      ? event.session?.toLowerCase()
      : undefined;
  return { session, sequence: event.sequence, timestamp };
}

/** The milliseconds since 1970 that a UUIDv7 begins with (RFC 9562, § 5.7); undefined for any other text. */
function startOf(session: string | undefined): number | undefined {
  const [, high = "", low = ""] = SESSION.exec(session ?? "") ?? [];
  return high === "" ? undefined : Number.parseInt(high + low, 16);
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
  if (known === undefined) return firstReport(report);
  const isOther = isOtherObject(known, report);
  const isLate =
    Date.parse(report.position.timestamp) < Date.parse(known.observedAt);
  if (isLate && (isOther || !known.present)) return known;
  if (isOther) return firstReport(report);
  const isNewest = !isBefore(report.position, newestPosition(known));
  return {
    uid: report.uid || known.uid,
    present: true,
    ...(isNewest ? mergeSpec(known, report) : specOf(known)),
    conditions: mergeConditions(known.conditions, report),
    ...(isNewest ? mergeBesides(known, report) : besides(known)),
    observedAt: later(known.observedAt, report.position.timestamp),
  };
}

type Besides = Pick<ObservedObject, "endpoints" | "detail">;

function besides({ endpoints, detail }: Besides): Besides {
  return { endpoints, detail };
}

/** What is told besides is told whole; what isn't told stays. */
function mergeBesides(known: Besides, report: Report): Besides {
  return {
    endpoints: report.endpoints ?? known.endpoints,
    detail: report.detail ?? known.detail,
  };
}

function firstReport(report: Report): ObservedObject {
  return {
    uid: report.uid,
    present: true,
    intentGeneration: report.intentGeneration ?? 0,
    specDigest: report.specDigest,
    isDifferent: false,
    conditions: mergeConditions([], report),
    endpoints: report.endpoints ?? [],
    detail: report.detail ?? {},
    observedAt: report.position.timestamp,
  };
}

function isOtherObject(known: ObservedObject, report: Report): boolean {
  return known.uid !== report.uid && known.uid !== "" && report.uid !== "";
}

function newestPosition(object: ObservedObject): Position {
  const [first = { timestamp: object.observedAt }, ...others] =
    object.conditions.map((condition) => condition.position);
  return others.reduce<Position>(
    (newest, next) => (isBefore(newest, next) ? next : newest),
    first,
  );
}

type Spec = Pick<
  ObservedObject,
  "intentGeneration" | "specDigest" | "isDifferent"
>;

function specOf({ intentGeneration, specDigest, isDifferent }: Spec): Spec {
  return { intentGeneration, specDigest, isDifferent };
}

/**
 * The stamp follows the newest report, down as well: an object that was put back by a restored cluster carries an older
 * generation, and has to get the newest again.
 */
function mergeSpec(known: Spec, report: Report): Spec {
  const unstamped = report.isWhole ? 0 : known.intentGeneration;
  const intentGeneration = report.intentGeneration ?? unstamped;
  const { specDigest } = report;
  const isSame = intentGeneration === known.intentGeneration;
  if (!isSame || known.specDigest === undefined)
    return { intentGeneration, specDigest, isDifferent: false };
  if (specDigest === undefined) return specOf(known);
  return { ...specOf(known), isDifferent: specDigest !== known.specDigest };
}

function mergeConditions(
  known: readonly PlacedCondition[],
  report: Report,
): readonly PlacedCondition[] {
  const kept = known.filter(
    ({ position }) => !report.isWhole || isBefore(report.position, position),
  );
  const conditions = new Map(
    kept.map((condition) => [condition.type, condition]),
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

function later(left: string, right: string): string {
  return Date.parse(left) > Date.parse(right) ? left : right;
}
