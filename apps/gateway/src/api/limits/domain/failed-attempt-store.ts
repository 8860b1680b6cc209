/** Counts of failed attempts in windows of time, for all replicas. */
export abstract class FailedAttemptStore {
  /** One more of whom the digest stands for. @returns how many in this window, and when it ends */
  abstract count(
    digest: Buffer,
    windowSeconds: number,
  ): Promise<{ readonly count: number; readonly secondsLeft: number }>;
}
