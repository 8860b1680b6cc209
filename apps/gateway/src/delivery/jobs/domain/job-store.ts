import type { StatusReport } from "@vworkspace/contract";
import type { ClusterPrincipal } from "../../../fleet/clusters/domain/cluster";
import type { ObjectIdentity } from "../../domain/desired-object";
import type { OfferedJob, OpenJob, Settlement } from "./job";

export interface NewObjectJob {
  readonly id: string;
  readonly kind: "apply" | "delete";
  readonly object: ObjectIdentity;
  readonly generation: number;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string;
  readonly ttlSeconds: number;
}

export interface NewIntentJob {
  readonly id: string;
  readonly clusterId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string;
  readonly ttlSeconds: number;
}

/** Jobs of one organization. Open ones are few and hot; a settled one moves to a table of its own. */
export abstract class JobStore {
  abstract add(job: NewObjectJob): Promise<void>;
  abstract addIntent(job: NewIntentJob): Promise<void>;
  /** The open job of an object, holding its row. There is at most one. */
  abstract lockOpenOf(object: ObjectIdentity): Promise<OpenJob | undefined>;
  /**
   * Offers the cluster's deliverable jobs, oldest first: queued, offered but not acked, or acked with a lapsed lease.
   * The statement joins the cluster's and the credential's state, so that a revoked one gets nothing, whatever a
   * notification told.
   * @param offer.resume also what is acked and not settled: the agent's process is new
   */
  abstract claimNext(
    principal: ClusterPrincipal,
    offer: { readonly resume: boolean; readonly limit: number },
  ): Promise<readonly OfferedJob[]>;
  /** An open job of that cluster, without holding it. */
  abstract findOpen(
    clusterId: string,
    jobId: string,
  ): Promise<OpenJob | undefined>;
  /** Whether the cluster has a settled job of that id. */
  abstract isSettled(clusterId: string, jobId: string): Promise<boolean>;
  /** Marks it acked and starts its lease; false when it is closed or past its time. */
  abstract ack(
    clusterId: string,
    jobId: string,
    leaseSeconds: number,
  ): Promise<boolean>;
  /** Notes a report and renews the lease; false when it is closed or past its time. */
  abstract report(
    clusterId: string,
    jobId: string,
    report: { readonly status: StatusReport; readonly leaseSeconds: number },
  ): Promise<boolean>;
  /** Moves the job to the settled ones; false when it was closed meanwhile, or is to expire and its lease was renewed. */
  abstract settle(jobId: string, settlement: Settlement): Promise<boolean>;
}
