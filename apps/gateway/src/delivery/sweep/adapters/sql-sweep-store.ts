import type { SqlTransaction } from "../../../database/sql-transaction";
import type { ObjectIdentity } from "../../domain/desired-object";
import {
  type Forgettable,
  type GrowingTable,
  type SweepFindings,
  SweepStore,
} from "../domain/sweep-store";

interface Row {
  what: "expired" | "deliverable" | "due";
  organization_id: string | null;
  cluster_id: string;
  job_id: string | null;
  api_version: string | null;
  kind: string | null;
  namespace: string | null;
  name: string | null;
}

const MONTHS_AHEAD = 3;

/** The key of each, and when nobody asks for it again. */
const PAST: Readonly<
  Record<Forgettable, { readonly key: string; readonly when: string }>
> = {
  event_dedup: {
    key: "organization_id, cluster_id, event_key_hash, timestamp",
    when: "received_at < now() - interval '30 days'",
  },
  request_replays: {
    key: "organization_id, user_id, request_id",
    when: "created_at < now() - interval '30 days'",
  },
  rejected_events: {
    key: "organization_id, id",
    when: "received_at < now() - interval '30 days'",
  },
  registration_tokens: {
    key: "organization_id, id",
    when: "coalesce(used_at, expires_at) < now() - interval '30 days'",
  },
  // Later than an expired credential may still be renewed by any rule.
  cluster_credentials: {
    key: "organization_id, id",
    when: "coalesce(revoked_at, expires_at) < now() - interval '120 days'",
  },
  failed_attempts: {
    key: "digest",
    when: "ends_at < now() - interval '1 hour'",
  },
  // By its end alone: until then the copy outside the database takes from the row that it was revoked.
  cluster_certificates: {
    key: "organization_id, issuer, serial",
    when: "expires_at < now() - interval '30 days'",
  },
  // Jobs are encrypted to the newest key up to a credential: one stays for as long as a credential comes down to it.
  cluster_encryption_keys: {
    key: "organization_id, credential_id",
    when: `created_at < now() - interval '120 days' and not exists (
      select 1 from cluster_credentials c where c.organization_id = cluster_encryption_keys.organization_id
        and c.cluster_id = cluster_encryption_keys.cluster_id and c.id >= cluster_encryption_keys.credential_id
        and not exists (select 1 from cluster_encryption_keys n where n.organization_id = c.organization_id and n.cluster_id = c.cluster_id
          and n.credential_id > cluster_encryption_keys.credential_id and n.credential_id <= c.id))`,
  },
  user_sessions: {
    key: "organization_id, id",
    when: "coalesce(ended_at, expires_at) < now() - interval '30 days'",
  },
  user_identities: {
    key: "organization_id, id",
    when: `ended_at < now() - interval '120 days' and not exists (select 1 from user_sessions s
      where s.organization_id = user_identities.organization_id and s.identity_id = user_identities.id)`,
  },
};

export class SqlSweepStore extends SweepStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async look(
    waitingClusters: readonly string[],
    limit: number,
  ): Promise<SweepFindings> {
    const rows = await this.transaction.query<Row>(
      `(select 'expired' as what, organization_id, cluster_id, id as job_id, null as api_version, null as kind, null as namespace, null as name
        from jobs where expires_at < now() and (state <> 'acked' or lease_until < now()) order by expires_at limit $2)
       union all
       (select 'deliverable', null::uuid, waiting.cluster_id, null::uuid, null, null, null, null
        from unnest($1::uuid[]) as waiting (cluster_id) where exists (
          select 1 from jobs where jobs.cluster_id = waiting.cluster_id and expires_at > now() and (state <> 'acked' or lease_until < now())))
       union all
       (select 'due', organization_id, cluster_id, null::uuid, api_version, kind, namespace, name
        from desired_objects where reissue_at < now() order by reissue_at limit $2)`,
      [waitingClusters, limit],
    );
    const of = (what: Row["what"]) => rows.filter((row) => row.what === what);
    return {
      expired: of("expired").map((row) => ({
        organizationId: row.organization_id ?? "",
        clusterId: row.cluster_id,
        jobId: row.job_id ?? "",
      })),
      deliverable: of("deliverable").map((row) => row.cluster_id),
      due: of("due").map((row) => ({
        organizationId: row.organization_id ?? "",
        object: objectOf(row),
      })),
    };
  }

  override async claimDue(object: ObjectIdentity): Promise<boolean> {
    const row = await this.transaction.one(
      `select 1 from desired_objects where organization_id = $1 and cluster_id = $2 and api_version = $3 and kind = $4 and namespace = $5
         and name = $6 and reissue_at < now() for update skip locked`,
      [
        this.transaction.organization,
        object.clusterId,
        object.apiVersion,
        object.kind,
        object.namespace,
        object.name,
      ],
    );
    return row !== undefined;
  }

  override async postpone(
    organizationId: string,
    object: ObjectIdentity,
    seconds: number,
  ): Promise<void> {
    await this.transaction.run(
      `update desired_objects set reissue_at = now() + make_interval(secs => $7) where organization_id = $1 and cluster_id = $2
         and api_version = $3 and kind = $4 and namespace = $5 and name = $6 and reissue_at < now()`,
      [
        organizationId,
        object.clusterId,
        object.apiVersion,
        object.kind,
        object.namespace,
        object.name,
        seconds,
      ],
    );
  }

  override async keepMonths(
    table: GrowingTable,
    retentionDays: number,
  ): Promise<void> {
    await this.transaction.query(
      "select maintain_partitions($1::regclass, $2, make_interval(days => $3))",
      [table, MONTHS_AHEAD, retentionDays],
    );
  }

  override forget(what: Forgettable, limit: number): Promise<number> {
    const { key, when } = PAST[what];
    return this.transaction.run(
      `delete from ${what} where (${key}) in (select ${key} from ${what} where ${when} limit $1)`,
      [limit],
    );
  }
}

function objectOf(row: Row): ObjectIdentity {
  return {
    clusterId: row.cluster_id,
    apiVersion: row.api_version ?? "",
    kind: row.kind ?? "",
    namespace: row.namespace ?? "",
    name: row.name ?? "",
  };
}
