import type { Clock } from "@vworkspace/kernel";
import type { ControlPlane, PolledJobs } from "../control-plane/control-plane";
import { isFailure } from "../control-plane/control-plane-error";
import type { Link } from "../control-plane/link";
import { retryPauseMs } from "../control-plane/patience";
import { type Log, reasonOf } from "../log";
import type { Intake } from "./intake";

export interface PollLoopOptions {
  readonly controlPlane: ControlPlane;
  readonly intake: Pick<Intake, "accept">;
  readonly link: Link;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest wait asked for, in seconds; each poll asks for three fifths of it to all of it. */
  readonly maxWaitSeconds: number;
  readonly onPoll?: (result: "jobs" | "empty" | "failed") => void;
  readonly onUnreadable?: (job: PolledJobs["unreadable"][number]) => void;
  readonly random?: () => number;
}

/** An empty answer this much before its time is early: somebody else polls as this cluster, or the gateway is stopping. */
const EARLY_MS = 1_000;

/** Asks for jobs, again and again. After work at once; after failures with growing, jittered pauses. */
export class PollLoop {
  private isFirst = true;
  private failures = 0;
  private newCredential = new AbortController();

  constructor(private readonly options: PollLoopOptions) {
    const { link } = options;
    link.onChange(() => {
      if (link.facts.authentication.status === "unknown")
        this.newCredential.abort();
    });
  }

  /** @param before awaited before every poll: what has to be said first after a silence */
  async run(
    signal: AbortSignal,
    before: (signal: AbortSignal) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    while (!signal.aborted) {
      await before(signal);
      if (signal.aborted) break;
      this.newCredential = new AbortController();
      const pauseMs = await this.pollOnce(signal);
      if (pauseMs > 0) await this.pause(pauseMs, signal);
    }
  }

  /** Ends early when there is another credential than the one that was refused. */
  private async pause(ms: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.newCredential.signal]);
    await this.options.clock.sleep(ms, either);
  }

  /** @returns how long to wait before the next poll, in milliseconds */
  private async pollOnce(signal: AbortSignal): Promise<number> {
    const { controlPlane, intake, clock, onPoll } = this.options;
    const waitSeconds = this.waitSeconds();
    const startedAt = clock.monotonic();
    try {
      const polled = await controlPlane.poll({
        waitSeconds,
        resume: this.isFirst,
        signal,
      });
      this.answered(polled);
      const fresh = await intake.accept(polled.jobs, signal);
      onPoll?.(fresh > 0 ? "jobs" : "empty");
      if (fresh > 0) return 0;
      const isEarly =
        clock.monotonic() - startedAt < waitSeconds * 1000 - EARLY_MS;
      return isEarly ? Math.round(1_000 + 4_000 * this.random()) : 0;
    } catch (error) {
      if (signal.aborted) return 0;
      onPoll?.("failed");
      return this.pauseAfter(error);
    }
  }

  private answered(polled: PolledJobs): void {
    const { log, onUnreadable } = this.options;
    if (this.failures > 0) log.info({}, "The control plane answers again.");
    this.isFirst = false;
    this.failures = 0;
    for (const job of polled.unreadable) {
      log.warn({ ...job }, "A job can't be read; it is left alone.");
      onUnreadable?.(job);
    }
  }

  private pauseAfter(error: unknown): number {
    const pauseMs = retryPauseMs(error, this.failures, () => this.random());
    const facts = { reason: reasonOf(error), retryInMs: pauseMs };
    if (isFailure(error, "unauthenticated"))
      this.options.log.error(
        facts,
        "The control plane refuses this cluster's credential; register it again with a new registration token.",
      );
    else if (this.failures === 0)
      this.options.log.warn(facts, "A poll failed; trying again.");
    this.failures += 1;
    return pauseMs;
  }

  /** The first poll of a process doesn't wait: what is open, and whether the credential is taken, is known at once. */
  private waitSeconds(): number {
    if (this.isFirst) return 0;
    const { maxWaitSeconds } = this.options;
    return Math.max(
      1,
      Math.round(maxWaitSeconds * (0.6 + 0.4 * this.random())),
    );
  }

  private random(): number {
    return (this.options.random ?? Math.random)();
  }
}
