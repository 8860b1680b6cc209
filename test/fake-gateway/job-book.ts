import {
  intentJobKey,
  type Job,
  type JobKind,
  LIMITS,
  objectJobKey,
  type ObjectReference,
  type Outcome,
  type ResourceRef,
  type ResultReport,
  type StatusReport,
} from "@vworkspace/contract";
import { DomainError, newId } from "@vworkspace/kernel";

export type JobState =
  "queued" | "offered" | "acked" | Outcome | "superseded" | "expired";

/** One job and everything that was reported about it. Times in milliseconds since the epoch. */
export interface JobRecord {
  readonly id: string;
  readonly clusterId: string;
  readonly kind: JobKind;
  readonly payload: Record<string, unknown>;
  readonly idempotencyKey: string;
  /** What the job is about, as `kind/namespace/name`; absent for an intent. */
  readonly objectKey?: string;
  readonly generation: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  attempt: number;
  state: JobState;
  leaseUntil: number;
  outcome?: Outcome;
  error?: string;
  appliedRef?: ResourceRef;
  readonly statuses: StatusReport[];
}

const OPEN: readonly JobState[] = ["queued", "offered", "acked"];

export function isOpen(job: JobRecord): boolean {
  return OPEN.includes(job.state);
}

/**
 * The rules of jobs (docs/contract/agent-v1.md, "Jobs" and "Order") over records in memory. It holds no clock: every
 * call says what time it is, in milliseconds since the epoch.
 */
export class JobBook {
  private readonly jobs = new Map<string, JobRecord>();
  private readonly generations = new Map<string, number>();

  constructor(
    private readonly times: {
      readonly leaseMs: number;
      readonly lifetimeMs: number;
    },
  ) {}

  issueObjectJob(
    clusterId: string,
    kind: "apply" | "delete",
    work: { readonly object: ObjectReference; readonly payload: object },
    now: number,
  ): JobRecord {
    const { object } = work;
    const objectKey = [
      object.kind.toLowerCase(),
      object.namespace,
      object.name,
    ].join("/");
    const counter = `${clusterId} ${objectKey}`;
    const generation = (this.generations.get(counter) ?? 0) + 1;
    this.generations.set(counter, generation);
    for (const older of this.openJobsOf(clusterId, objectKey))
      if (older.kind === "apply") older.state = "superseded";
    return this.add(
      {
        id: newId(),
        clusterId,
        kind,
        payload: { ...work.payload },
        idempotencyKey: objectJobKey(object, generation),
        objectKey,
        generation,
      },
      now,
    );
  }

  issueIntent(
    clusterId: string,
    payload: { readonly intent: string },
    now: number,
  ): JobRecord {
    const id = newId();
    const idempotencyKey = intentJobKey(payload.intent, id);
    return this.add(
      {
        id,
        clusterId,
        kind: "intent",
        payload: { ...payload },
        idempotencyKey,
        generation: 0,
      },
      now,
    );
  }

  /** The jobs a poll is answered with, oldest first. With `resume` also those that were acked and never settled. */
  offer(clusterId: string, now: number, resume: boolean): JobRecord[] {
    this.sweep(now);
    const mine = this.of(clusterId).filter(isOpen);
    if (resume)
      for (const job of mine.filter(({ state }) => state === "acked"))
        this.requeue(job);
    const offered = mine
      .filter((job) => job.state !== "acked" && !this.waitsForDelete(job))
      .slice(0, LIMITS.jobsPerPoll);
    for (const job of offered) job.state = "offered";
    return offered;
  }

  ack(clusterId: string, id: string, now: number): void {
    const job = this.openJob(clusterId, id, now);
    job.state = "acked";
    job.leaseUntil = now + this.times.leaseMs;
  }

  report(
    clusterId: string,
    id: string,
    status: StatusReport,
    now: number,
  ): void {
    const job = this.openJob(clusterId, id, now);
    job.statuses.push(status);
    job.leaseUntil = now + this.times.leaseMs;
  }

  settle(
    clusterId: string,
    id: string,
    result: ResultReport,
    now: number,
  ): void {
    const job = this.openJob(clusterId, id, now);
    job.state = result.outcome;
    job.outcome = result.outcome;
    if (result.error !== undefined) job.error = result.error;
    if (result.appliedRef !== undefined) job.appliedRef = result.appliedRef;
  }

  /** Another cluster's job and one that never was look alike: 404. */
  find(clusterId: string, id: string): JobRecord {
    const job = this.jobs.get(id);
    if (job?.clusterId !== clusterId)
      throw new DomainError(
        "not_found",
        "There is no such job for this cluster: forget it.",
      );
    return job;
  }

  get(id: string): JobRecord | undefined {
    return this.jobs.get(id);
  }

  /** All jobs of a cluster, oldest first. */
  of(clusterId: string): JobRecord[] {
    return [...this.jobs.values()].filter((job) => job.clusterId === clusterId);
  }

  /** Lapsed leases put jobs back into the queue; jobs that nobody acked in their lifetime are closed. */
  sweep(now: number): void {
    for (const job of this.jobs.values()) {
      if (job.state === "acked" && job.leaseUntil <= now) this.requeue(job);
      if (isOpen(job) && job.state !== "acked" && job.expiresAt <= now)
        Object.assign(job, {
          state: "expired",
          outcome: "noop",
          error: "expired",
        });
    }
  }

  /** When time alone will next change a job of this cluster; Infinity if it never will. */
  nextChangeAt(clusterId: string): number {
    const times = this.of(clusterId)
      .filter(isOpen)
      .map((job) => (job.state === "acked" ? job.leaseUntil : job.expiresAt));
    return Math.min(...times, Infinity);
  }

  private add(
    job: Omit<
      JobRecord,
      | "createdAt"
      | "expiresAt"
      | "attempt"
      | "state"
      | "leaseUntil"
      | "statuses"
    >,
    now: number,
  ): JobRecord {
    const record: JobRecord = {
      ...job,
      createdAt: now,
      expiresAt: now + this.times.lifetimeMs,
      attempt: 1,
      state: "queued",
      leaseUntil: 0,
      statuses: [],
    };
    this.jobs.set(record.id, record);
    return record;
  }

  private requeue(job: JobRecord): void {
    job.state = "queued";
    job.attempt += 1;
  }

  private openJob(clusterId: string, id: string, now: number): JobRecord {
    this.sweep(now);
    const job = this.find(clusterId, id);
    if (!isOpen(job))
      throw new DomainError(
        "already_settled",
        `Job ${id} is closed (${job.state}): stop following it.`,
      );
    return job;
  }

  private openJobsOf(clusterId: string, objectKey: string): JobRecord[] {
    return this.of(clusterId).filter(
      (job) => job.objectKey === objectKey && isOpen(job),
    );
  }

  /** An older open job of the same object can only be a delete: newer jobs close everything else. */
  private waitsForDelete(job: JobRecord): boolean {
    if (job.objectKey === undefined) return false;
    const open = this.openJobsOf(job.clusterId, job.objectKey);
    return open.some((other) => other.generation < job.generation);
  }
}

/** A record as it travels. */
export function jobOnTheWire(job: JobRecord): Job {
  return {
    id: job.id,
    kind: job.kind,
    payload: job.payload,
    idempotencyKey: job.idempotencyKey,
    createdAt: new Date(job.createdAt).toISOString(),
    expiresAt: new Date(job.expiresAt).toISOString(),
    attempt: job.attempt,
  };
}
