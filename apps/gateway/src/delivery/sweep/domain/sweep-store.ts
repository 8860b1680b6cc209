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
  /** Makes months ahead, drops what is older than the retention, forgets replays and repeats of 30 days ago. */
  abstract keepHouse(retentionDays: number): Promise<void>;
}
