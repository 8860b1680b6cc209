import { LIMITS, type SnapshotItem } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import { Bell } from "./bell";
import { type Credential, CredentialBook } from "./credential-book";
import { EventBook } from "./event-book";
import type { Signatures } from "./signatures";
import { isOpen, JobBook, type JobRecord, objectKeyOf } from "./job-book";

/** Seconds; the contract's defaults where absent. */
export interface FakeTimes {
  readonly leaseSeconds?: number;
  readonly jobSeconds?: number;
  readonly graceSeconds?: number;
}

/** Everything the fake gateway remembers, and who waits for it to change. */
export class FakeState {
  readonly jobs: JobBook;
  readonly credentials: CredentialBook;
  readonly events = new EventBook((clusterId, items) =>
    this.compare(clusterId, items),
  );
  private readonly bells = new Map<string, Bell>();
  private readonly waitingPolls = new Map<string, number>();

  constructor(
    times: FakeTimes,
    readonly signatures?: Signatures,
  ) {
    this.jobs = new JobBook({
      leaseMs: (times.leaseSeconds ?? LIMITS.leaseSeconds) * 1000,
      lifetimeMs: (times.jobSeconds ?? LIMITS.jobSeconds) * 1000,
    });
    this.credentials = new CredentialBook({
      graceMs: (times.graceSeconds ?? LIMITS.credentialGraceSeconds) * 1000,
      registrationMs: LIMITS.registrationTokenSeconds * 1000,
    });
  }

  now(): number {
    return Date.now();
  }

  ring(clusterId: string): void {
    this.bell(clusterId).ring();
  }

  /** Answers at once when there is work, else when work arrives, the wait elapses or the client goes away. */
  async waitForJobs(
    credential: Credential,
    poll: {
      readonly waitMs: number;
      readonly resume: boolean;
      readonly signal: AbortSignal;
    },
  ): Promise<JobRecord[]> {
    const { clusterId } = credential;
    const deadline = this.now() + poll.waitMs;
    const first = this.jobs.offer(clusterId, this.now(), poll.resume);
    if (first.length > 0 || poll.waitMs === 0) return first;
    const leave = this.enterPoll(clusterId);
    try {
      while (!poll.signal.aborted && this.now() < deadline) {
        await this.change(clusterId, deadline, poll.signal);
        this.credentials.requireLive(credential, this.now());
        const jobs = this.jobs.offer(clusterId, this.now(), false);
        if (jobs.length > 0) return jobs;
      }
      return [];
    } finally {
      leave();
    }
  }

  /** The record once it is closed, by its result or otherwise. */
  async waitForClose(id: string, timeoutMs: number): Promise<JobRecord> {
    const deadline = this.now() + timeoutMs;
    for (;;) {
      const job = this.requireJob(id);
      this.jobs.sweep(this.now());
      if (!isOpen(job)) return job;
      if (this.now() >= deadline)
        throw new Error(
          `Job ${id} (${job.idempotencyKey}) is still ${job.state} after ${timeoutMs} ms.`,
        );
      await this.change(job.clusterId, deadline);
    }
  }

  requireJob(id: string): JobRecord {
    const job = this.jobs.get(id);
    if (job === undefined) throw new Error(`There is no job ${id}.`);
    return job;
  }

  /** Desired with observed: what the cluster lacks is issued again. */
  private compare(clusterId: string, items: readonly SnapshotItem[]): void {
    const seen = new Map(
      items.map(({ resourceRef, intentGeneration }) => [
        objectKeyOf(resourceRef),
        intentGeneration ?? 0,
      ]),
    );
    this.jobs.reissueUndelivered(clusterId, seen, this.now());
    this.ring(clusterId);
  }

  /** Counts a waiting poll of a cluster; the caller must call the answer when the poll ends. */
  private enterPoll(clusterId: string): () => void {
    const count = this.waitingPolls.get(clusterId) ?? 0;
    if (count >= LIMITS.waitingPollsPerCluster)
      throw new DomainError(
        "too_many_requests",
        `${count} polls of cluster ${clusterId} wait already; is a second agent running with its identity?`,
        { retryAfterSeconds: 5 },
      );
    this.waitingPolls.set(clusterId, count + 1);
    return () => {
      const left = (this.waitingPolls.get(clusterId) ?? 1) - 1;
      this.waitingPolls.set(clusterId, left);
    };
  }

  /** Until somebody rings, or time alone changes a job, or the deadline. */
  private change(
    clusterId: string,
    deadline: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const until = Math.min(deadline, this.jobs.nextChangeAt(clusterId));
    return this.bell(clusterId).wait(until - this.now(), signal);
  }

  private bell(clusterId: string): Bell {
    const bell = this.bells.get(clusterId) ?? new Bell();
    this.bells.set(clusterId, bell);
    return bell;
  }
}
