import { backoffMs } from "@vworkspace/kernel";
import {
  isExpired,
  KindMissingError,
  KubeError,
  LOCAL_REASONS,
} from "./kube-error";

/** How the last list or watch of a reflector ended. */
export type Ending =
  | { readonly type: "listed"; readonly resourceVersion: string }
  /** The server ended the watch. `wasUseful`: it brought something or lasted some time. */
  | { readonly type: "closed"; readonly wasUseful: boolean }
  | {
      readonly type: "failed";
      readonly error: unknown;
      readonly wasUseful: boolean;
    };

/** What a reflector does next. */
export interface Plan {
  /** Wait so long first, in milliseconds. */
  readonly waitMs: number;
  /** Watch from here; undefined: list. */
  readonly resourceVersion: string | undefined;
  /** Failures since something last worked. */
  readonly failures: number;
}

export const FIRST_PLAN: Plan = {
  waitMs: 0,
  resourceVersion: undefined,
  failures: 0,
};

/** The first retry comes within half a second; a server that is down for long is asked every half minute at most. */
const BACKOFF = { baseMs: 500, maxMs: 30_000 };
/** So many failures in a row are an outage and not a connection that broke. */
const OUTAGE_FAILURES = 3;
const UNRESUMABLE = new Set<string>([
  LOCAL_REASONS.silent,
  LOCAL_REASONS.undecodable,
  LOCAL_REASONS.tooLarge,
]);
/** A kind that is not served is asked for again after this, ±50 %. */
const MISSING_POLL_MS = 20_000;

/**
 * @param current what was planned before; its resourceVersion is where the watch stands now
 * @param random uniform in [0, 1)
 */
export function planNext(
  current: Plan,
  ending: Ending,
  random: () => number,
): Plan {
  const { resourceVersion } = current;
  if (ending.type === "listed")
    // A list is no proof that watching works: a version that expires at once must not make lists in a tight loop.
    return { ...current, waitMs: 0, resourceVersion: ending.resourceVersion };
  const failures = ending.wasUseful ? 0 : current.failures;
  if (ending.type === "failed")
    return planAfterFailure({ ...current, failures }, ending.error, random);
  if (ending.wasUseful) return { waitMs: 0, resourceVersion, failures };
  const waitMs = backoffMs(failures, BACKOFF, random);
  return { waitMs, resourceVersion, failures: failures + 1 };
}

function planAfterFailure(
  current: Plan,
  error: unknown,
  random: () => number,
): Plan {
  if (error instanceof KindMissingError) {
    const waitMs = Math.round(MISSING_POLL_MS * (0.5 + random()));
    return { waitMs, resourceVersion: undefined, failures: 0 };
  }
  const isFirstExpiry = isExpired(error) && current.failures === 0;
  return {
    waitMs: isFirstExpiry ? 0 : backoffMs(current.failures, BACKOFF, random),
    resourceVersion: canResume(error, current.failures)
      ? current.resourceVersion
      : undefined,
    failures: current.failures + 1,
  };
}

/**
 * Whether a watch from the same version may still bring all changes. A server that was down may come back with an older
 * backup of its data, and then stays silent on versions that it has yet to reach: after an outage, and after a silence
 * (bookmarks are filtered too), only a list tells. What can't be read now can't be read from the same version either.
 */
function canResume(error: unknown, failures: number): boolean {
  if (!(error instanceof KubeError) || isExpired(error)) return false;
  if (failures >= OUTAGE_FAILURES) return false;
  return (
    !UNRESUMABLE.has(error.reason) &&
    (error.isRetryable || error.status === 401 || error.status === 403)
  );
}
