import type { Job } from "@vworkspace/contract";
import type { Clock } from "@vworkspace/kernel";
import type { ControlPlane } from "../control-plane/control-plane";
import {
  ControlPlaneError,
  isFailure,
} from "../control-plane/control-plane-error";
import { untilAnswered } from "../control-plane/patience";
import { type Log, reasonOf } from "../log";
import type { JobApplier } from "./job-applier";
import { type JobChange, readChange } from "./job-change.decide";
import { failed, type JobOutcome } from "./job-outcome";

export interface IntakeOptions {
  readonly controlPlane: ControlPlane;
  readonly applier: Pick<JobApplier, "execute">;
  readonly clock: Clock;
  readonly log: Log;
  readonly onSettled?: (outcome: JobOutcome["outcome"]) => void;
  readonly random?: () => number;
}

/** A job between its first offer and its result. */
interface JobInHand {
  readonly job: Job;
  readonly change: JobChange;
  /** Aborts when a newer job of the same object arrives, or the agent stops. */
  readonly stop: AbortController;
  /** When it has ended, in whatever way. */
  ended: Promise<void>;
}

/** Takes jobs: different objects side by side, the same object one after the other, the same job once. */
export class Intake {
  private readonly inHand = new Map<string, JobInHand>();
  /** The newest job in hand of each object. */
  private readonly newest = new Map<string, JobInHand>();

  constructor(private readonly options: IntakeOptions) {}

  get size(): number {
    return this.inHand.size;
  }

  /**
   * Takes a batch; resolves once each job is acked or queued behind another one of its object, so that the next poll
   * isn't offered the same again.
   * @returns how many of them were new, not counting those whose ack was refused: they are offered again at once
   */
  async accept(jobs: readonly Job[], signal: AbortSignal): Promise<number> {
    const taken = await Promise.all(
      jobs.map((job) => this.acceptOne(job, signal)),
    );
    return taken.filter(Boolean).length;
  }

  /** Resolves when no job is in hand any more. */
  async drained(): Promise<void> {
    await Promise.all([...this.inHand.values()].map(({ ended }) => ended));
  }

  private async acceptOne(job: Job, signal: AbortSignal): Promise<boolean> {
    if (this.inHand.has(job.id)) {
      // Offered again although it is being worked on: its lease ran out, or the ack got lost.
      await this.ack(job, signal);
      return false;
    }
    const change = readChange(job);
    const key = laneOf(job, change);
    const before = this.newest.get(key);
    const stop = new AbortController();
    const hand: JobInHand = { job, change, stop, ended: Promise.resolve() };
    this.inHand.set(job.id, hand);
    this.newest.set(key, hand);
    // A newer job closes an older apply, never a delete; the one that is being written now still ends its write.
    if (before?.change.type === "apply") before.stop.abort();
    const acked = deferred<boolean>();
    hand.ended = this.work(hand, { before, signal, acked: acked.resolve })
      .catch((error: unknown) => this.giveUp(job, error))
      .finally(() => {
        this.inHand.delete(job.id);
        if (this.newest.get(key) === hand) this.newest.delete(key);
        acked.resolve(false);
      });
    const waits = before !== undefined && before.change.type !== "apply";
    return waits || acked.promise;
  }

  private async work(
    hand: JobInHand,
    context: {
      readonly before: JobInHand | undefined;
      readonly signal: AbortSignal;
      readonly acked: (isAcked: boolean) => void;
    },
  ): Promise<void> {
    const { job, change, stop } = hand;
    const signal = AbortSignal.any([context.signal, stop.signal]);
    await context.before?.ended;
    if (signal.aborted) return;
    const answer = await this.ack(job, signal);
    context.acked(answer !== "refused");
    if (answer !== "open") return;
    this.options.log.info(
      { job: job.id, key: job.idempotencyKey, attempt: job.attempt },
      "Took a job.",
    );
    const outcome = await this.execute(job, change, signal);
    if (outcome !== undefined) await this.report(job, outcome, context.signal);
  }

  /** Whether the job is still open; nothing is to be done about one that is closed, or whose ack isn't taken. */
  private async ack(
    job: Job,
    signal: AbortSignal,
  ): Promise<"open" | "closed" | "refused"> {
    const { controlPlane } = this.options;
    try {
      await this.untilAnswered(() => controlPlane.ack(job.id), signal);
      return "open";
    } catch (error) {
      if (isFailure(error, "settled", "unknown")) return "closed";
      this.giveUp(job, error);
      return "refused";
    }
  }

  private async execute(
    job: Job,
    change: JobChange,
    signal: AbortSignal,
  ): Promise<JobOutcome | undefined> {
    try {
      return await this.untilAnswered(
        () => this.options.applier.execute(job, change, signal),
        signal,
      );
    } catch (error) {
      if (error instanceof ControlPlaneError && change.type !== "rotate")
        throw error;
      if (signal.aborted) return undefined;
      return failed(reasonOf(error));
    }
  }

  private async report(
    job: Job,
    outcome: JobOutcome,
    signal: AbortSignal,
  ): Promise<void> {
    const { controlPlane, clock, log, onSettled } = this.options;
    const report = { ...outcome, timestamp: clock.timestamp() };
    try {
      await this.untilAnswered(
        () => controlPlane.reportResult(job.id, report),
        signal,
      );
    } catch (error) {
      if (!isFailure(error, "settled", "unknown")) throw error;
      return;
    }
    onSettled?.(outcome.outcome);
    const facts = { job: job.id, key: job.idempotencyKey, ...outcome };
    if (outcome.outcome === "succeeded" || outcome.outcome === "noop")
      log.info(facts, "A job has ended.");
    else log.warn(facts, "A job has ended without success.");
  }

  private untilAnswered<T>(
    send: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { clock, random } = this.options;
    return untilAnswered(send, { clock, signal, ...(random && { random }) });
  }

  /** Its lease runs out, then it is offered again. */
  private giveUp(job: Job, error: unknown): void {
    this.options.log.warn(
      { job: job.id, reason: reasonOf(error) },
      "A job is put down for now; the control plane will offer it again.",
    );
  }
}

function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve: (value) => resolve(value) };
}

/** Jobs of one lane wait for each other. */
function laneOf(job: Job, change: JobChange): string {
  if (change.type !== "apply" && change.type !== "delete") return job.id;
  const { kind, namespace, name } = change.ref;
  return `${kind}/${namespace}/${name}`;
}
