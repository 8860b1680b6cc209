import { createHash } from "node:crypto";
import type { AgentEvent } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type ObjectIdentity,
  objectKey,
} from "../../../delivery/domain/desired-object";
import { EventStore } from "../domain/event-store";
import type { Observation } from "../domain/fold-reports";
import type { ObservedObject, PlacedCondition } from "../domain/observation";

interface ObservedRow extends ObjectIdentity {
  uid: string;
  present: boolean;
  intent_generation: string;
  spec_digest: string | null;
  is_different: boolean;
  conditions: PlacedCondition[];
  endpoints: unknown[];
  detail: ObservedObject["detail"];
  observed_at: Date;
}

/** Refused events that are kept of one cluster. */
const MAX_REJECTED = 1_000;

/** Many objects of one cluster at once, one array for each part of their identity. */
const PLACES = "$3::text[], $4::text[], $5::text[], $6::text[]";
const AMONG = `organization_id = $1 and cluster_id = $2 and (api_version, kind, namespace, name) in (select * from unnest(${PLACES}))`;

export class SqlEventStore extends EventStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async takeTurn(clusterId: string): Promise<string> {
    // A batch that a client gave up on and sends again would else meet itself halfway, row for row.
    await this.transaction.query(
      "select pg_advisory_xact_lock(hashtextextended($1, 1))",
      [clusterId],
    );
    const row = await this.transaction.one<{ now: Date }>(
      "select clock_timestamp() as now",
    );
    return (row?.now ?? new Date()).toISOString();
  }

  override async rememberNew(
    clusterId: string,
    occurrences: readonly { index: number; key: string; timestamp: string }[],
  ): Promise<ReadonlySet<number>> {
    // Compared by PostgreSQL, to the microsecond that it keeps. Of two equal ones in a batch the first is new.
    const rows = await this.transaction.query<{ index: number }>(
      `with seen as (
         select hash, at, min(index) as index from unnest($3::bytea[], $4::timestamptz[], $5::int[]) as seen (hash, at, index) group by hash, at),
       fresh as (
         insert into event_dedup (organization_id, cluster_id, event_key_hash, timestamp)
         select $1, $2, hash, at from seen order by hash, at
         on conflict do nothing returning event_key_hash, timestamp)
       select index from seen join fresh on event_key_hash = hash and timestamp = at`,
      [
        this.transaction.organization,
        clusterId,
        occurrences.map(({ key }) => createHash("sha256").update(key).digest()),
        occurrences.map(({ timestamp }) => timestamp),
        occurrences.map(({ index }) => index),
      ],
    );
    return new Set(rows.map((row) => row.index));
  }

  override async add(
    clusterId: string,
    events: readonly AgentEvent[],
  ): Promise<void> {
    if (events.length === 0) return;
    const column = (pick: (event: AgentEvent) => unknown) => events.map(pick);
    await this.transaction.run(
      `insert into events (organization_id, id, cluster_id, event_key, kind, resource_api_version, resource_kind, resource_namespace, resource_name, body, timestamp)
       select $1, id, $2, event_key, kind, api_version, resource_kind, namespace, name, body, at
       from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::jsonb[], $11::timestamptz[])
         as event (id, event_key, kind, api_version, resource_kind, namespace, name, body, at)`,
      [
        this.transaction.organization,
        clusterId,
        column(() => newId()),
        column((event) => event.eventKey ?? null),
        column((event) => event.kind),
        column((event) => event.resourceRef.apiVersion),
        column((event) => event.resourceRef.kind),
        column((event) => event.resourceRef.namespace ?? ""),
        column((event) => event.resourceRef.name),
        column((event) => JSON.stringify(event)),
        column((event) => event.timestamp),
      ],
    );
  }

  override async addRejected(
    clusterId: string,
    rejected: readonly { reason: string; body: string }[],
  ): Promise<void> {
    if (rejected.length === 0) return;
    await this.transaction.run(
      `insert into rejected_events (organization_id, id, cluster_id, reason, body)
       select $1, id, $2, reason, body from unnest($3::uuid[], $4::text[], $5::text[]) as rejected (id, reason, body)`,
      [
        this.transaction.organization,
        clusterId,
        rejected.map(() => newId()),
        rejected.map((event) => event.reason),
        rejected.map((event) => event.body),
      ],
    );
    // An operator reads the newest; a cluster that sends nothing but nonsense doesn't fill the table.
    await this.transaction.run(
      `delete from rejected_events where organization_id = $1 and id in (
         select id from rejected_events where organization_id = $1 and cluster_id = $2 order by id desc offset ${MAX_REJECTED})`,
      [this.transaction.organization, clusterId],
    );
  }

  override async observed(
    clusterId: string,
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlyMap<string, ObservedObject>> {
    const rows = await this.transaction.query<ObservedRow>(
      `select cluster_id as "clusterId", api_version as "apiVersion", kind, namespace, name, uid, present, intent_generation, spec_digest,
         is_different, conditions, endpoints, detail, observed_at
       from observed_objects where ${AMONG}`,
      this.places(clusterId, objects),
    );
    return new Map(
      rows.map((row) => [objectKey(row), observedObject(row)] as const),
    );
  }

  override async strangers(
    clusterId: string,
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlySet<string>> {
    if (objects.length === 0) return new Set();
    const isIn = (table: string) =>
      `exists (select 1 from ${table} known where known.organization_id = $1 and known.cluster_id = $2
               and (known.api_version, known.kind, known.namespace, known.name) = (place.api_version, place.kind, place.namespace, place.name))`;
    const rows = await this.transaction.query<ObjectIdentity>(
      `select distinct $2::uuid as "clusterId", api_version as "apiVersion", kind, namespace, name
       from unnest(${PLACES}) as place (api_version, kind, namespace, name)
       where not ${isIn("observed_objects")} and not ${isIn("desired_objects")}`,
      this.places(clusterId, objects),
    );
    return new Set(rows.map(objectKey));
  }

  override async countObserved(
    clusterId: string,
    limit: number,
  ): Promise<number> {
    const counted = await this.transaction.one<{ seen: number }>(
      `select count(*)::int as seen from (select 1 from observed_objects where organization_id = $1 and cluster_id = $2 limit $3) seen`,
      [this.transaction.organization, clusterId, limit],
    );
    return counted?.seen ?? 0;
  }

  override async forgetAbsent(clusterId: string): Promise<void> {
    await this.transaction.run(
      `delete from observed_objects o where o.organization_id = $1 and o.cluster_id = $2 and not o.present
         and not exists (select 1 from desired_objects d where d.organization_id = $1 and d.cluster_id = $2
           and (d.api_version, d.kind, d.namespace, d.name) = (o.api_version, o.kind, o.namespace, o.name))`,
      [this.transaction.organization, clusterId],
    );
  }

  override async saveObserved(
    clusterId: string,
    observations: readonly Observation[],
  ): Promise<void> {
    const column = (pick: (observed: ObservedObject) => unknown) =>
      observations.map(({ observed }) => pick(observed));
    await this.transaction.run(
      `insert into observed_objects (organization_id, cluster_id, api_version, kind, namespace, name, uid, present, intent_generation, conditions, endpoints, observed_at, snapshot_id,
         spec_digest, is_different, detail)
       select $1, $2, seen.* from unnest(${PLACES}, $7::text[], $8::boolean[], $9::bigint[], $10::jsonb[], $11::jsonb[], $12::timestamptz[], $13::text[],
         $14::text[], $15::boolean[], $16::jsonb[]) as seen
       on conflict (organization_id, cluster_id, api_version, kind, namespace, name) do update
         set uid = excluded.uid, present = excluded.present, intent_generation = excluded.intent_generation, conditions = excluded.conditions,
             endpoints = excluded.endpoints, observed_at = excluded.observed_at, snapshot_id = coalesce(excluded.snapshot_id, observed_objects.snapshot_id),
             spec_digest = excluded.spec_digest, is_different = excluded.is_different, detail = excluded.detail, updated_at = now()`,
      [
        ...this.places(
          clusterId,
          observations.map(({ object }) => object),
        ),
        column(({ uid }) => uid),
        column(({ present }) => present),
        column(({ intentGeneration }) => intentGeneration),
        column(({ conditions }) => JSON.stringify(conditions)),
        column(({ endpoints }) => JSON.stringify(endpoints)),
        column(({ observedAt }) => observedAt),
        observations.map(({ snapshotId }) => snapshotId ?? null),
        column(({ specDigest }) => specDigest ?? null),
        column(({ isDifferent }) => isDifferent),
        column(({ detail }) => JSON.stringify(detail)),
      ],
    );
  }

  override unlisted(
    clusterId: string,
    snapshotId: string,
  ): Promise<readonly ObjectIdentity[]> {
    return this.transaction.query(
      `select cluster_id as "clusterId", api_version as "apiVersion", kind, namespace, name from observed_objects
       where organization_id = $1 and cluster_id = $2 and present and snapshot_id is distinct from $3`,
      [this.transaction.organization, clusterId, snapshotId],
    );
  }

  override async markAbsent(
    clusterId: string,
    objects: readonly ObjectIdentity[],
    at: string,
  ): Promise<void> {
    await this.transaction.run(
      `update observed_objects set present = false, intent_generation = 0, spec_digest = null, is_different = false, conditions = '[]',
         endpoints = '[]', detail = '{}', observed_at = greatest(observed_at, $7), updated_at = now() where ${AMONG}`,
      [...this.places(clusterId, objects), at],
    );
  }

  override async undelivered(
    clusterId: string,
    lookedAt: string,
  ): Promise<readonly { object: ObjectIdentity; seenGeneration: number }[]> {
    // What was settled after the snapshot was taken is newer than it, unless a stamp is there that was never issued.
    const rows = await this.transaction.query<
      ObjectIdentity & { seen: string }
    >(
      `select d.cluster_id as "clusterId", d.api_version as "apiVersion", d.kind, d.namespace, d.name,
         coalesce(case when o.present then o.intent_generation end, 0) as seen
       from desired_objects d
       left join observed_objects o using (organization_id, cluster_id, api_version, kind, namespace, name)
       where d.organization_id = $1 and d.cluster_id = $2
         and not d.is_retired
         and case d.action when 'apply' then coalesce(o.present, false) is false or o.intent_generation <> d.generation or o.is_different
                           else coalesce(o.present, false) end
         and not (d.settled_generation = d.generation and coalesce(d.settled_at > $3, false)
                  and coalesce(o.intent_generation, 0) <= d.generation)
         and not exists (select 1 from jobs j where j.organization_id = d.organization_id and j.cluster_id = d.cluster_id and j.kind <> 'intent'
                         and j.api_version = d.api_version and j.object_kind = d.kind and j.namespace = d.namespace and j.name = d.name)
       order by d.api_version, d.kind, d.namespace, d.name`,
      [this.transaction.organization, clusterId, lookedAt],
    );
    return rows.map(({ seen, ...object }) => ({
      object,
      seenGeneration: Number(seen),
    }));
  }

  private places(
    clusterId: string,
    objects: readonly ObjectIdentity[],
  ): unknown[] {
    return [
      this.transaction.organization,
      clusterId,
      objects.map(({ apiVersion }) => apiVersion),
      objects.map(({ kind }) => kind),
      objects.map(({ namespace }) => namespace),
      objects.map(({ name }) => name),
    ];
  }
}

function observedObject(row: ObservedRow): ObservedObject {
  return {
    uid: row.uid,
    present: row.present,
    intentGeneration: Number(row.intent_generation),
    specDigest: row.spec_digest ?? undefined,
    isDifferent: row.is_different,
    conditions: row.conditions,
    endpoints: row.endpoints,
    detail: row.detail,
    observedAt: row.observed_at.toISOString(),
  };
}
