import { Injectable } from "@nestjs/common";
import {
  type Job,
  LIMITS,
  type ResultReport,
  type StatusReport,
  intentJobKey,
} from "@vworkspace/contract";
import { DomainError, isUuid, newId } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import { ClusterSignals } from "../../fleet/signals/domain/cluster-signals";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import { type Actor, gatewayActor } from "../../trust/identity/domain/actor";
import { DeliveryService } from "../delivery.service";
import { DesiredObjectStore } from "../domain/desired-object-store";
import {
  EXPIRED,
  type OpenJob,
  type Settlement,
  objectAction,
} from "./domain/job";
import { deliverySeconds, settledJobs } from "./job-metrics";
import { JobStore } from "./domain/job-store";

/** Times of a job's life, in seconds. */
export class JobOptions {
  constructor(
    readonly leaseSeconds: number,
    readonly ttlSeconds: number,
  ) {}
}

/** The life of a job, from its offer to its end (agent contract, JOB, ACK, STA, RES). */
@Injectable()
export class JobService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly delivery: DeliveryService,
    private readonly signals: ClusterSignals,
    private readonly options: JobOptions,
  ) {}

  async claim(
    principal: ClusterPrincipal,
    resume: boolean,
  ): Promise<readonly Job[]> {
    const offered = await this.unitOfWork.inOrganization(
      principal.organizationId,
      (stores) =>
        stores
          .get(JobStore)
          .claimNext(principal, { resume, limit: LIMITS.jobsPerPoll }),
    );
    for (const { firstOfferSeconds } of offered) {
      if (firstOfferSeconds !== undefined)
        deliverySeconds.observe(firstOfferSeconds);
    }
    return offered.map(({ job }) => job);
  }

  async ack(principal: ClusterPrincipal, jobId: string): Promise<void> {
    await this.change(principal, jobId, (stores) =>
      stores
        .get(JobStore)
        .ack(principal.clusterId, jobId, this.options.leaseSeconds),
    );
  }

  async report(
    principal: ClusterPrincipal,
    jobId: string,
    status: StatusReport,
  ): Promise<void> {
    const report = { status, leaseSeconds: this.options.leaseSeconds };
    await this.change(principal, jobId, (stores) =>
      stores.get(JobStore).report(principal.clusterId, jobId, report),
    );
  }

  /** The first result stands. */
  async settle(
    principal: ClusterPrincipal,
    jobId: string,
    result: ResultReport,
  ): Promise<void> {
    const settlement: Settlement = {
      state: result.outcome,
      outcome: result.outcome,
      error: result.error,
      appliedRef: result.appliedRef,
    };
    const actor: Actor = {
      organizationId: principal.organizationId,
      type: "cluster",
      id: principal.clusterId,
      name: principal.clusterCode,
    };
    await this.change(principal, jobId, async (stores) => {
      const job = await stores
        .get(JobStore)
        .findOpen(principal.clusterId, jobId);
      if (!job || (job.isExpired && job.state !== "acked")) return false;
      return this.close(stores, actor, job, settlement);
    });
  }

  /** Closes a job whose time is over, unless its lease was renewed meanwhile; the sweep finds it. */
  async expire(
    organizationId: string,
    clusterId: string,
    jobId: string,
  ): Promise<void> {
    await this.unitOfWork.inOrganization(organizationId, async (stores) => {
      const job = await stores.get(JobStore).findOpen(clusterId, jobId);
      if (job)
        await this.close(stores, gatewayActor(organizationId), job, EXPIRED);
    });
  }

  /** An intent job: an order to the agent itself, not about an object. */
  async orderIntent(
    stores: Stores,
    actor: Actor,
    clusterId: string,
    intent: string,
  ): Promise<string> {
    const id = newId();
    await stores.get(JobStore).addIntent({
      id,
      clusterId,
      payload: { intent },
      idempotencyKey: intentJobKey(intent, id),
      ttlSeconds: this.options.ttlSeconds,
    });
    await stores.get(AuditStore).append(actor, {
      action: "job.queue",
      subject: { type: "job", id },
      detail: { intent, cluster_id: clusterId },
    });
    stores.afterCommit(() => this.signals.signal(clusterId));
    return id;
  }

  /** Runs a change of an open job; says 404 or 409 where it didn't take. Unknown and foreign ids look alike. */
  private async change(
    principal: ClusterPrincipal,
    jobId: string,
    change: (stores: Stores) => Promise<boolean>,
  ): Promise<void> {
    if (!isUuid(jobId)) throw unknownJob();
    const answer = await this.unitOfWork.inOrganization(
      principal.organizationId,
      async (stores) => {
        if (await change(stores)) return "done";
        const jobs = stores.get(JobStore);
        if (await jobs.findOpen(principal.clusterId, jobId)) return "late";
        return (await jobs.isSettled(principal.clusterId, jobId))
          ? "settled"
          : "unknown";
      },
    );
    if (answer === "done") return;
    if (answer === "unknown") throw unknownJob();
    if (answer === "late")
      await this.expire(principal.organizationId, principal.clusterId, jobId);
    throw new DomainError(
      "already_settled",
      "The job is closed: stop following it.",
    );
  }

  /** The object's row is held before the job's, as everywhere, so that issuing and settling can't deadlock. */
  private async close(
    stores: Stores,
    actor: Actor,
    job: OpenJob,
    settlement: Settlement,
  ): Promise<boolean> {
    const action = objectAction(job);
    if (action) await stores.get(DesiredObjectStore).lock(job.object);
    if (!(await stores.get(JobStore).settle(job.id, settlement))) return false;
    await stores.get(AuditStore).append(actor, {
      action: "job.settle",
      subject: {
        type: "job",
        id: job.id,
        ...(action && { name: nameOf(job) }),
      },
      detail: {
        outcome: settlement.outcome,
        state: settlement.state,
        generation: job.generation ?? null,
      },
    });
    stores.afterCommit(() => settledJobs.inc({ state: settlement.state }));
    if (action && job.generation !== undefined) {
      const { state: outcome, error } = settlement;
      await this.delivery.settled(stores, actor, {
        object: job.object,
        action,
        generation: job.generation,
        outcome,
        error,
        objectGeneration: settlement.appliedRef?.generation,
      });
    }
    return true;
  }
}

function nameOf({ object }: OpenJob): string {
  return `${object.kind}/${object.namespace}/${object.name}`;
}

function unknownJob(): DomainError {
  return new DomainError("not_found", "There is no such job for this cluster.");
}
