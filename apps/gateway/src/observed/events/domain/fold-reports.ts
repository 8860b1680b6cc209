import {
  type ObjectIdentity,
  objectKey,
} from "../../../delivery/domain/desired-object";
import { mergeReport, type ObservedObject, type Report } from "./observation";

/** What was reported of an object. */
export interface Seen {
  readonly object: ObjectIdentity;
  readonly report: Report;
  /** The snapshot that listed it. */
  readonly snapshotId?: string | undefined;
}

/** What is known of an object after a report. */
export interface Observation {
  readonly object: ObjectIdentity;
  readonly observed: ObservedObject;
  /** The newest of these reports' snapshots that listed it; undefined where none did. */
  readonly snapshotId: string | undefined;
}

/**
 * What is known after each of these reports, one after the other, and of each object at the end.
 * @param known before them, by `objectKey`
 */
export function foldReports(
  known: ReadonlyMap<string, ObservedObject>,
  seen: readonly Seen[],
): {
  readonly steps: readonly Observation[];
  readonly newest: readonly Observation[];
} {
  const newest = new Map<string, Observation>();
  const steps = seen.map(({ object, report, snapshotId }) => {
    const key = objectKey(object);
    const before = newest.get(key);
    const step = {
      object,
      observed: mergeReport(before?.observed ?? known.get(key), report),
      snapshotId: snapshotId ?? before?.snapshotId,
    };
    newest.set(key, step);
    return step;
  });
  return { steps, newest: [...newest.values()] };
}
