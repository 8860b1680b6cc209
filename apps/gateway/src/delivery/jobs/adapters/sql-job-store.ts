import type { JobKind, StatusReport } from "@vworkspace/contract";
import type { SqlTransaction } from "../../../database/sql-transaction";
import type { ClusterPrincipal } from "../../../fleet/clusters/domain/cluster";
import type { ObjectIdentity } from "../../domain/desired-object";
import type { OfferedJob, OpenJob, OpenState, Settlement } from "../domain/job";
import {
  JobStore,
  type NewIntentJob,
  type NewObjectJob,
} from "../domain/job-store";

interface OpenRow {
  id: string;
  cluster_id: string;
  kind: JobKind;
  api_version: string;
  object_kind: string;
  namespace: string;
  name: string;
  generation: string | null;
  state: OpenState;
  is_expired: boolean;
}

interface OfferRow {
  id: string;
  kind: JobKind;
  payload: string;
  idempotency_key: string;
  created_at: Date;
  expires_at: Date;
  attempt: number;
  traceparent: string | null;
  waited: number;
  is_first: boolean;
}

/** Its time is over and nobody follows it: it was never acked, or its lease has run out besides. */
const IS_EXPIRED =
  "(expires_at <= clock_timestamp() and (state <> 'acked' or lease_until < clock_timestamp()))";

/** Its agent may still report on it. An acked job goes on past its time, for as long as its lease is renewed. */
const IS_FOLLOWED = "(state = 'acked' or expires_at > clock_timestamp())";

const OPEN = `id, cluster_id, kind, api_version, object_kind, namespace, name, generation, state, ${IS_EXPIRED} as is_expired`;

export class SqlJobStore extends JobStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async add(job: NewObjectJob): Promise<void> {
    const { object } = job;
    await this.transaction.run(
      `insert into jobs (organization_id, id, cluster_id, kind, payload, idempotency_key, expires_at, api_version, object_kind, namespace, name, generation)
       values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), $8, $9, $10, $11, $12)`,
      [
        this.transaction.organization,
        job.id,
        object.clusterId,
        job.kind,
        JSON.stringify(job.payload),
        job.idempotencyKey,
        job.ttlSeconds,
        object.apiVersion,
        object.kind,
        object.namespace,
        object.name,
        job.generation,
      ],
    );
  }

  override async addIntent(job: NewIntentJob): Promise<void> {
    await this.transaction.run(
      `insert into jobs (organization_id, id, cluster_id, kind, payload, idempotency_key, expires_at)
       values ($1, $2, $3, 'intent', $4, $5, now() + make_interval(secs => $6))`,
      [
        this.transaction.organization,
        job.id,
        job.clusterId,
        JSON.stringify(job.payload),
        job.idempotencyKey,
        job.ttlSeconds,
      ],
    );
  }

  override async lockOpenOf(
    object: ObjectIdentity,
  ): Promise<OpenJob | undefined> {
    const row = await this.transaction.one<OpenRow>(
      `select ${OPEN} from jobs where organization_id = $1 and cluster_id = $2 and api_version = $3 and object_kind = $4
         and namespace = $5 and name = $6 and kind <> 'intent' for update`,
      [
        this.transaction.organization,
        object.clusterId,
        object.apiVersion,
        object.kind,
        object.namespace,
        object.name,
      ],
    );
    return row && openJob(row);
  }

  override async claimNext(
    principal: ClusterPrincipal,
    offer: { resume: boolean; limit: number },
  ): Promise<readonly OfferedJob[]> {
    // skip locked: two polls of one cluster don't wait for each other. The attempt rises only when a lease lapsed or a
    // new process resumes; an unacked job is returned again as it is. clock_timestamp(): the lease is judged at this
    // moment, not at the transaction's start.
    const rows = await this.transaction.query<OfferRow>(
      `with offerable as (
         select j.organization_id, j.id, j.state from jobs j
         join clusters k on k.organization_id = j.organization_id and k.id = j.cluster_id and k.state = 'active'
         join cluster_credentials c on c.organization_id = j.organization_id and c.cluster_id = j.cluster_id and c.id = $3
           and c.revoked_at is null and c.expires_at > now() and (c.grace_until is null or c.grace_until > now())
           and not c.is_unconfirmed
         where j.organization_id = $1 and j.cluster_id = $2 and j.expires_at > clock_timestamp()
           and (j.state in ('queued', 'offered') or j.lease_until < clock_timestamp() or $4)
         order by j.id limit $5
         for update of j skip locked)
       update jobs j set state = 'offered', offered_at = clock_timestamp(), lease_until = null,
         attempt = case when j.state = 'offered' then j.attempt else j.attempt + 1 end
       from offerable o where j.organization_id = o.organization_id and j.id = o.id
       returning j.id, j.kind, j.payload, j.idempotency_key, j.created_at, j.expires_at, j.attempt, j.traceparent,
         extract(epoch from clock_timestamp() - j.created_at)::float8 as waited, o.state = 'queued' as is_first`,
      [
        this.transaction.organization,
        principal.clusterId,
        principal.credentialId,
        offer.resume,
        offer.limit,
      ],
    );
    return rows.map(offeredJob).sort((a, b) => (a.job.id < b.job.id ? -1 : 1));
  }

  override async findOpen(
    clusterId: string,
    jobId: string,
  ): Promise<OpenJob | undefined> {
    const row = await this.transaction.one<OpenRow>(
      `select ${OPEN} from jobs where organization_id = $1 and cluster_id = $2 and id = $3`,
      [this.transaction.organization, clusterId, jobId],
    );
    return row && openJob(row);
  }

  override async isSettled(clusterId: string, jobId: string): Promise<boolean> {
    const row = await this.transaction.one(
      "select 1 from settled_jobs where organization_id = $1 and cluster_id = $2 and id = $3",
      [this.transaction.organization, clusterId, jobId],
    );
    return row !== undefined;
  }

  override async ack(
    clusterId: string,
    jobId: string,
    leaseSeconds: number,
  ): Promise<boolean> {
    const acked = await this.transaction.run(
      `update jobs set state = 'acked', acked_at = coalesce(acked_at, clock_timestamp()), lease_until = clock_timestamp() + make_interval(secs => $4)
       where organization_id = $1 and cluster_id = $2 and id = $3 and ${IS_FOLLOWED}`,
      [this.transaction.organization, clusterId, jobId, leaseSeconds],
    );
    return acked > 0;
  }

  override async report(
    clusterId: string,
    jobId: string,
    report: { status: StatusReport; leaseSeconds: number },
  ): Promise<boolean> {
    const noted = await this.transaction.run(
      `update jobs set status = $4, lease_until = case when state = 'acked' then clock_timestamp() + make_interval(secs => $5) end
       where organization_id = $1 and cluster_id = $2 and id = $3 and ${IS_FOLLOWED}`,
      [
        this.transaction.organization,
        clusterId,
        jobId,
        JSON.stringify(report.status),
        report.leaseSeconds,
      ],
    );
    return noted > 0;
  }

  override async settle(
    jobId: string,
    settlement: Settlement,
  ): Promise<boolean> {
    // One statement, so that a job is open or settled, never both and never neither. The payload stays behind as a digest.
    const moved = await this.transaction.run(
      `with closed as (delete from jobs where organization_id = $1 and id = $2 and ($3 <> 'expired' or ${IS_EXPIRED}) returning *)
       insert into settled_jobs (organization_id, id, number, cluster_id, kind, api_version, object_kind, namespace, name, generation,
         payload_digest, idempotency_key, state, outcome, error, applied_ref, attempt, created_at, expires_at, offered_at, acked_at, status, traceparent)
       select organization_id, id, number, cluster_id, kind, api_version, object_kind, namespace, name, generation,
         sha256(convert_to(payload, 'UTF8')), idempotency_key, $3, $4, $5, $6, attempt, created_at, expires_at, offered_at, acked_at, status, traceparent
       from closed`,
      [
        this.transaction.organization,
        jobId,
        settlement.state,
        settlement.outcome,
        settlement.error ?? null,
        settlement.appliedRef === undefined
          ? null
          : JSON.stringify(settlement.appliedRef),
      ],
    );
    return moved > 0;
  }
}

function openJob(row: OpenRow): OpenJob {
  const object = {
    clusterId: row.cluster_id,
    apiVersion: row.api_version,
    kind: row.object_kind,
    namespace: row.namespace,
    name: row.name,
  };
  return {
    id: row.id,
    clusterId: row.cluster_id,
    kind: row.kind,
    object,
    generation: row.generation === null ? undefined : Number(row.generation),
    state: row.state,
    isExpired: row.is_expired,
  };
}

function offeredJob(row: OfferRow): OfferedJob {
  const job = {
    id: row.id,
    kind: row.kind,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    idempotencyKey: row.idempotency_key,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    attempt: row.attempt,
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
  };
  return { job, firstOfferSeconds: row.is_first ? row.waited : undefined };
}
