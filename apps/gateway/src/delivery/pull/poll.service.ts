import { Injectable } from "@nestjs/common";
import { type Job, LIMITS } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import { CredentialService } from "../../fleet/clusters/credential.service";
import { PresenceService } from "../../fleet/clusters/presence.service";
import { ClusterSignals } from "../../fleet/signals/domain/cluster-signals";
import { JobService } from "../jobs/job.service";

export interface PollRequest {
  readonly waitMs: number;
  readonly resume: boolean;
  /** Aborts when the client has gone: the poll ends at once and its place is free. */
  readonly signal: AbortSignal;
}

/** How long an answered third poll should stay away. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Long polls. One that waits is a timer and an entry in a map, and sends no query until it is woken; it joins before it
 * looks, so that nothing falls between looking and waiting. At shutdown every one is answered with an empty list.
 */
@Injectable()
export class PollService {
  private readonly waitingOf = new Map<string, number>();
  private readonly waiters = new Set<Waiter>();
  private isClosing = false;

  constructor(
    private readonly jobs: JobService,
    private readonly credentials: CredentialService,
    private readonly presence: PresenceService,
    private readonly signals: ClusterSignals,
  ) {}

  /** Polls waiting on this replica. */
  get waiting(): number {
    return this.waiters.size;
  }

  /** The credential is looked at again after each wake-up without a job: it may have been revoked meanwhile. */
  async poll(
    principal: ClusterPrincipal,
    request: PollRequest,
  ): Promise<readonly Job[]> {
    this.presence.note(principal);
    if (request.waitMs === 0 || this.isClosing)
      return this.jobs.claim(principal, request.resume);
    const leave = this.enter(principal.clusterId);
    const waiter = new Waiter(request);
    this.waiters.add(waiter);
    const unsubscribe = this.signals.subscribe(principal.clusterId, () =>
      waiter.wake(),
    );
    try {
      let jobs = await this.jobs.claim(principal, request.resume);
      while (jobs.length === 0 && (await waiter.wait()) === "woken") {
        jobs = await this.jobs.claim(principal, false);
        if (jobs.length === 0) await this.credentials.requireLive(principal);
      }
      return jobs;
    } finally {
      unsubscribe();
      waiter.close();
      this.waiters.delete(waiter);
      leave();
      this.presence.note(principal);
    }
  }

  /** Answers every waiting poll with what there is: nothing. */
  beforeApplicationShutdown(): void {
    this.isClosing = true;
    for (const waiter of this.waiters) waiter.end();
  }

  private enter(clusterId: string): () => void {
    const count = this.waitingOf.get(clusterId) ?? 0;
    if (count >= LIMITS.waitingPollsPerCluster) {
      throw new DomainError(
        "too_many_requests",
        `${LIMITS.waitingPollsPerCluster} polls of this cluster wait already: is its agent running twice?`,
        {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        },
      );
    }
    this.waitingOf.set(clusterId, count + 1);
    return () => {
      const left = (this.waitingOf.get(clusterId) ?? 1) - 1;
      if (left === 0) this.waitingOf.delete(clusterId);
      else this.waitingOf.set(clusterId, left);
    };
  }
}

/** One wait with one deadline; a wake-up that comes while nobody waits is kept for the next wait. */
class Waiter {
  private isWoken = false;
  private isOver = false;
  private resolve: (() => void) | undefined;
  private readonly timer: NodeJS.Timeout;
  private readonly client: AbortSignal;

  constructor(request: PollRequest) {
    this.client = request.signal;
    this.timer = setTimeout(this.end, request.waitMs);
    this.client.addEventListener("abort", this.end);
    if (this.client.aborted) this.end();
  }

  readonly end = (): void => {
    this.isOver = true;
    this.resolve?.();
  };

  wake(): void {
    this.isWoken = true;
    this.resolve?.();
  }

  async wait(): Promise<"woken" | "over"> {
    if (!this.isWoken && !this.isOver) {
      await new Promise<void>((resolve) => (this.resolve = resolve));
    }
    this.resolve = undefined;
    if (this.isOver) return "over";
    this.isWoken = false;
    return "woken";
  }

  close(): void {
    clearTimeout(this.timer);
    this.client.removeEventListener("abort", this.end);
  }
}
