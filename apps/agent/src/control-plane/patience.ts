import { backoffMs, type Clock } from "@vworkspace/kernel";
import { ControlPlaneError, isFailure } from "./control-plane-error";
import { rejectedPauseMs } from "./renewal.decide";

const BACKOFF = { baseMs: 1_000, maxMs: 60_000 };

/**
 * How long to wait before a failed request is sent again: exponential with full jitter, never below a second, and never
 * before the control plane's own Retry-After; minutes where it refuses the credential.
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
  return Math.max(1_000, retryAfterMs, backoffMs(failures, BACKOFF, random));
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
