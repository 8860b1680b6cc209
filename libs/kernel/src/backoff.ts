/**
 * Exponential backoff with full jitter: a random time between 0 and the doubled base, so that clients that failed
 * together do not come back together.
 * @param attempt 0 for the first failure
 * @returns milliseconds
 */
export function backoffMs(
  attempt: number,
  limits: { readonly baseMs: number; readonly maxMs: number },
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(
    limits.maxMs,
    limits.baseMs * 2 ** Math.min(attempt, 30),
  );
  return Math.round(ceiling * random());
}
