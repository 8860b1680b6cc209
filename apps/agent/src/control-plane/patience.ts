import { backoffMs, type Clock } from "@vworkspace/kernel";
import { ControlPlaneError, isFailure } from "./control-plane-error";
import { rejectedPauseMs } from "./renewal.decide";

/** The first window is wide enough that a fleet whose connections broke at one moment comes back over some seconds. */
const BACKOFF = { baseMs: 3_000, maxMs: 60_000 };
const AT_LEAST_MS = 1_000;

/**
 * How long to wait before a failed request is sent again: a second, or the control plane's own Retry-After, and on top of that
 * an exponential backoff with full jitter, because a limit alone would gather at it all who are told the same; minutes where it
 * refuses the credential.
 * @param failures failures in a row before this one
 */
export function retryPauseMs(
  error: unknown,
  failures: number,
  random: () => number = Math.random,
): number {
  if (isFailure(error, "unauthenticated")) return rejectedPauseMs(random());
  const retryAfterMs =
    error instanceof ControlPlaneError ? (error.retryAfterMs ?? 0) : 0;
  const atLeastMs = Math.max(AT_LEAST_MS, retryAfterMs);
  return atLeastMs + backoffMs(failures, BACKOFF, random);
}

/**
 * Sends a request until it is answered. Failures that can't pass by themselves are the caller's.
 * @throws ControlPlaneError that is not retryable, or the last one once `signal` aborts
 */
export async function untilAnswered<T>(
  send: () => Promise<T>,
  options: {
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly random?: () => number;
  },
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await send();
    } catch (error) {
      const isRetryable =
        error instanceof ControlPlaneError && error.isRetryable;
      if (!isRetryable || options.signal.aborted) throw error;
      const pauseMs = retryPauseMs(error, failures, options.random);
      await options.clock.sleep(pauseMs, options.signal);
    }
  }
}
