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
  /** What the job is about, and as `kind/namespace/name`; absent for an intent. */
  readonly object?: ObjectReference;
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

type ObjectJob = JobRecord & {
  readonly kind: "apply" | "delete";
  readonly object: ObjectReference;
  readonly objectKey: string;
};

function isObjectJob(job: JobRecord): job is ObjectJob {
  return job.kind !== "intent";
}

/** Which object a job or a report is about: version and spelling of the kind do not count. */
export function objectKeyOf(object: {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}): string {
  const { kind, namespace = "", name } = object;
  return [kind.toLowerCase(), namespace, name].join("/");
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
    const objectKey = objectKeyOf(object);
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
        object,
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

  /**
   * Compares with what a cluster was seen to carry, and issues the newest job of everything that is behind, missing or
   * still there again, unless its delivery is under way.
   * @param seen generation by `kind/namespace/name`; one that is higher than the counter raises it
   */
  reissueUndelivered(
    clusterId: string,
    seen: ReadonlyMap<string, number>,
    now: number,
  ): void {
    for (const [objectKey, newest] of this.newestOf(clusterId)) {
      const generation = seen.get(objectKey);
      const isAsWanted =
        newest.kind === "apply"
          ? generation === newest.generation
          : generation === undefined;
      if (isAsWanted || this.openJobsOf(clusterId, objectKey).length > 0)
        continue;
      const counter = `${clusterId} ${objectKey}`;
      const counted = this.generations.get(counter) ?? 0;
      this.generations.set(counter, Math.max(counted, generation ?? 0));
      const { kind, object, payload } = newest;
      this.issueObjectJob(clusterId, kind, { object, payload }, now);
    }
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

  /** The newest job of each object. */
  private newestOf(clusterId: string): Map<string, ObjectJob> {
    const newest = new Map<string, ObjectJob>();
    for (const job of this.of(clusterId))
      if (isObjectJob(job)) newest.set(job.objectKey, job);
    return newest;
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
