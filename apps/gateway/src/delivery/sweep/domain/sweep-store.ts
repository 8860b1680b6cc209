import type { ObjectIdentity } from "../../domain/desired-object";

/** What a look over the open deliveries of all organizations found. */
export interface SweepFindings {
  /** Jobs that nobody acked in their time. */
  readonly expired: readonly {
    readonly organizationId: string;
    readonly clusterId: string;
    readonly jobId: string;
  }[];
  /** Of the clusters asked about: those with something to deliver. */
  readonly deliverable: readonly string[];
  /** Objects whose newest generation is due to be issued again. */
  readonly due: readonly {
    readonly organizationId: string;
    readonly object: ObjectIdentity;
  }[];
}

export const GROWING_TABLES = ["settled_jobs", "events"] as const;
export type GrowingTable = (typeof GROWING_TABLES)[number];

export const FORGETTABLE = [
  "event_dedup",
  "request_replays",
  "rejected_events",
  "registration_tokens",
  "cluster_credentials",
  "failed_attempts",
  "cluster_certificates",
  // After the credentials that refer to them.
  "cluster_encryption_keys",
  // Before the identities that they refer to.
  "user_sessions",
  "user_identities",
] as const;
export type Forgettable = (typeof FORGETTABLE)[number];

export abstract class SweepStore {
  /** One statement, whatever the number of polls. */
  abstract look(
    waitingClusters: readonly string[],
    limit: number,
  ): Promise<SweepFindings>;
  /** Whether an object is still due, holding its row: two replicas find the same. */
  abstract claimDue(object: ObjectIdentity): Promise<boolean>;
  /** Puts off what can't be issued again now, so that it doesn't stand before what can. */
  abstract postpone(
    organizationId: string,
    object: ObjectIdentity,
    seconds: number,
  ): Promise<void>;
  /** Makes months ahead of a table that grows with time, and drops those older than the retention. */
  abstract keepMonths(
    table: GrowingTable,
    retentionDays: number,
  ): Promise<void>;
  /** Removes some of what nobody asks for again, at most so many rows. Returns how many. */
  abstract forget(what: Forgettable, limit: number): Promise<number>;
}
