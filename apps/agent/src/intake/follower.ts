import type { Clock } from "@vworkspace/kernel";
import type { KubeApi, KubeObject } from "@vworkspace/kube";
import type { ControlPlane } from "../control-plane/control-plane";
import { isFailure } from "../control-plane/control-plane-error";
import { retryPauseMs } from "../control-plane/patience";
import { type Log, reasonOf } from "../log";
import { conditionsOf } from "../reporting/resource-ref";
import type { Watches } from "../watches/watches";
import type { FollowVerdict } from "./follow.decide";
import type { NamespacedRef } from "./job-change.decide";

export interface FollowerOptions {
  readonly api: KubeApi;
  readonly watches: Watches;
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  readonly log: Log;
  /** The control plane's lease; a status is posted at least every third of it. */
  readonly leaseMs: number;
}

export interface Follow {
  readonly jobId: string;
  readonly ref: NamespacedRef;
  readonly verdict: (object: KubeObject | undefined) => FollowVerdict;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How following ended: with a verdict, by its timeout, or because nobody waits for it any more. */
export type FollowEnd =
  | {
      readonly end: "verdict";
      readonly verdict: Exclude<FollowVerdict, { readonly state: "waiting" }>;
    }
  | { readonly end: "timeout"; readonly last: string }
  | { readonly end: "closed" };

/** The last status that was posted, and when. */
interface Told {
  text: string;
  at: number;
}

/** Objects of kinds that nobody watches are looked at this often. */
const UNWATCHED_MS = 2_000;

/** Follows an object to its end from what the watches see, and tells the control plane on the way. */
export class Follower {
  /** Until when no status of a job is posted, because the last one could not be: the control plane may have asked to wait. */
  private readonly quietUntil = new Map<string, number>();

  constructor(private readonly options: FollowerOptions) {}

  async run(follow: Follow): Promise<FollowEnd> {
    const { clock } = this.options;
    const endsAt = clock.monotonic() + follow.timeoutMs;
    const told: Told = { text: "", at: clock.monotonic() };
    while (!follow.signal.aborted) {
      const change = this.nextChange(follow);
      try {
        const end = await this.lookOnce(follow, endsAt, told);
        if (end !== undefined) return end;
        await clock.sleep(
          this.pauseMs(follow, endsAt),
          AbortSignal.any([follow.signal, change.signal]),
        );
      } finally {
        change.ignore();
      }
    }
    return { end: "closed" };
  }

  private async lookOnce(
    follow: Follow,
    endsAt: number,
    told: Told,
  ): Promise<FollowEnd | undefined> {
    const { clock } = this.options;
    const object = await this.look(follow);
    const verdict = follow.verdict(object);
    if (verdict.state !== "waiting") return { end: "verdict", verdict };
    const text = `${verdict.phase}: ${verdict.message}`;
    if (clock.monotonic() >= endsAt) return { end: "timeout", last: text };
    if (!this.isNews(told, text)) return undefined;
    const answer = await this.tell(follow.jobId, verdict, object);
    if (answer === "closed") return { end: "closed" };
    if (answer === "told") Object.assign(told, { text, at: clock.monotonic() });
    return undefined;
  }

  /** Posts a status: told; closed, so that nobody waits for it; or later, since it can't be told now. */
  async tell(
    jobId: string,
    status: { readonly phase: string; readonly message: string },
    object?: KubeObject,
  ): Promise<"told" | "closed" | "later"> {
    const { controlPlane, clock, log } = this.options;
    if (this.quietMs(jobId) > 0) return "later";
    const conditions = object === undefined ? [] : conditionsOf(object);
    try {
      await controlPlane.reportStatus(jobId, {
        phase: status.phase || "Waiting",
        message: status.message,
        ...(conditions.length > 0 && { conditions: [...conditions] }),
        timestamp: clock.timestamp(),
      });
    } catch (error) {
      if (isFailure(error, "settled", "unknown")) return "closed";
      this.beQuiet(jobId, retryPauseMs(error, 0));
      log.debug(
        { job: jobId, reason: reasonOf(error) },
        "A status could not be posted.",
      );
      return "later";
    }
    return "told";
  }

  private beQuiet(jobId: string, pauseMs: number): void {
    const now = this.options.clock.monotonic();
    for (const [other, until] of this.quietUntil)
      if (until <= now) this.quietUntil.delete(other);
    this.quietUntil.set(jobId, now + pauseMs);
  }

  private quietMs(jobId: string): number {
    const until = this.quietUntil.get(jobId) ?? 0;
    return Math.max(0, until - this.options.clock.monotonic());
  }

  /** The object as the watches see it. That it is gone counts only when the API server says so: a watch may lag. */
  private async look(follow: Follow): Promise<KubeObject | undefined> {
    const { api, watches } = this.options;
    const seen = watches.isWatched(follow.ref)
      ? watches.object(follow.ref)
      : undefined;
    return seen ?? (await api.get(follow.ref));
  }

  private nextChange(follow: Follow): {
    readonly signal: AbortSignal;
    readonly ignore: () => void;
  } {
    const { watches } = this.options;
    const change = new AbortController();
    if (!watches.isWatched(follow.ref))
      return { signal: change.signal, ignore: () => undefined };
    const key = `${follow.ref.namespace}/${follow.ref.name}`;
    const ignore = watches.onChange(follow.ref, (changed) => {
      if (changed === key) change.abort();
    });
    return { signal: change.signal, ignore };
  }

  private isNews(told: Told, text: string): boolean {
    const { clock, leaseMs } = this.options;
    return told.text !== text || clock.monotonic() - told.at >= leaseMs / 4;
  }

  /** A quarter of the lease keeps the promise of a third, whatever the request itself takes. */
  private pauseMs(follow: Follow, endsAt: number): number {
    const { clock, watches, leaseMs } = this.options;
    const seenMs = watches.isWatched(follow.ref) ? leaseMs / 4 : UNWATCHED_MS;
    const quietMs = this.quietMs(follow.jobId);
    const lookMs = quietMs > 0 ? Math.min(seenMs, quietMs) : seenMs;
    return Math.max(1, Math.min(lookMs, endsAt - clock.monotonic()));
  }
}
