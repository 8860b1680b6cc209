import { backoffMs } from "@vworkspace/kernel";
import {
  isDenial,
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
/** A server that forbids says so for long; yet one that has just started forbids everything for a moment. */
const DENIED_BACKOFF = { baseMs: 1_000, maxMs: 120_000 };
/** A kind that is not served is looked for soon at first, since its definition may be on its way, then ever less often. */
const MISSING_FIRST_MS = 500;

export interface PlanOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The longest time after which a kind that is not served is asked for again, ±50 %, in milliseconds. */
  readonly missingPollMs: number;
}

/**
 * @param current what was planned before; its resourceVersion is where the watch stands now
 */
export function planNext(
  current: Plan,
  ending: Ending,
  options: PlanOptions,
): Plan {
  const { resourceVersion } = current;
  if (ending.type === "listed")
    // A list is no proof that watching works: a version that expires at once must not make lists in a tight loop.
    return { ...current, waitMs: 0, resourceVersion: ending.resourceVersion };
  const failures = ending.wasUseful ? 0 : current.failures;
  if (ending.type === "failed")
    return planAfterFailure({ ...current, failures }, ending.error, options);
  if (ending.wasUseful) return { waitMs: 0, resourceVersion, failures };
  const waitMs = backoffMs(failures, BACKOFF, options.random);
  return { waitMs, resourceVersion, failures: failures + 1 };
}

function planAfterFailure(
  current: Plan,
  error: unknown,
  { random, missingPollMs }: PlanOptions,
): Plan {
  const failures = current.failures + 1;
  if (error instanceof KindMissingError) {
    const doubledMs = MISSING_FIRST_MS * 2 ** Math.min(current.failures, 20);
    const waitMs = Math.min(doubledMs, missingPollMs) * (0.5 + random());
    return { waitMs: Math.round(waitMs), resourceVersion: undefined, failures };
  }
  const backoff = isDenial(error) ? DENIED_BACKOFF : BACKOFF;
  const isFirstExpiry = isExpired(error) && current.failures === 0;
  return {
    waitMs: isFirstExpiry ? 0 : backoffMs(current.failures, backoff, random),
    resourceVersion: canResume(error, current.failures)
      ? current.resourceVersion
      : undefined,
    failures,
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
