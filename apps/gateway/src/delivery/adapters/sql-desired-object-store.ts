import type { SqlTransaction } from "../../database/sql-transaction";
import {
  type DeliveryProgress,
  type DesiredAction,
  type DesiredState,
  MAX_SEEN_GENERATION,
  type ObjectIdentity,
  objectKey,
} from "../domain/desired-object";
import {
  DesiredObjectStore,
  type SettledGeneration,
} from "../domain/desired-object-store";

interface Row {
  generation: string;
  action: DesiredAction;
  payload: string;
  waits_for_delete: boolean;
  observed_generation: string;
  reissue_at: Date | null;
  reissues: number;
  is_retired: boolean;
}

const WHERE =
  "organization_id = $1 and cluster_id = $2 and api_version = $3 and kind = $4 and namespace = $5 and name = $6";

/** Many objects at once, one array for each part of their identity. */
const PLACES = "$2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]";
const PLACE_COLUMNS = `"clusterId", "apiVersion", kind, namespace, name`;
const PLACE = `place."clusterId", place."apiVersion", place.kind, place.namespace, place.name`;
const AT_PLACE = `d.organization_id = $1 and (d.cluster_id, d.api_version, d.kind, d.namespace, d.name) = (${PLACE})`;

/** A stamp that is none of ours counts as none. */
const COUNTED = `case when place.seen <= greatest(d.generation, ${MAX_SEEN_GENERATION}) then place.seen else 0 end`;

interface SettledRow extends ObjectIdentity {
  settled_generation: string;
  settled_object_generation: string | null;
}

export class SqlDesiredObjectStore extends DesiredObjectStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async issue(state: DesiredState): Promise<number> {
    // Above what the cluster carries already: the stamp of an object that outlived our counter, or that we forgot with a
    // restored backup, would make it deaf to a lower generation.
    const row = await this.transaction.one<{ generation: string }>(
      `insert into desired_objects (organization_id, cluster_id, api_version, kind, namespace, name, generation, action, payload)
       values ($1, $2, $3, $4, $5, $6, 1 + coalesce((select intent_generation from observed_objects where ${WHERE} and intent_generation <= ${MAX_SEEN_GENERATION}), 0), $7, $8)
       on conflict (organization_id, cluster_id, api_version, kind, namespace, name) do update
         set generation = greatest(desired_objects.generation, desired_objects.observed_generation) + 1, action = excluded.action, payload = excluded.payload,
             reissue_at = null, reissues = 0, is_retired = false, updated_at = now()
       returning generation`,
      [...this.key(state.object), state.action, JSON.stringify(state.manifest)],
    );
    return Number(row?.generation);
  }

  override async lock(
    object: ObjectIdentity,
  ): Promise<DeliveryProgress | undefined> {
    const row = await this.transaction.one<Row>(
      `select * from desired_objects where ${WHERE} for update`,
      this.key(object),
    );
    return (
      row && {
        generation: Number(row.generation),
        action: row.action,
        manifest: JSON.parse(row.payload) as Record<string, unknown>,
        waitsForDelete: row.waits_for_delete,
        isReissuePlanned: row.reissue_at !== null,
        observedGeneration: Number(row.observed_generation),
        reissues: row.reissues,
        isRetired: row.is_retired,
      }
    );
  }

  override async reissue(object: ObjectIdentity): Promise<number> {
    const row = await this.transaction.one<{ generation: string }>(
      `update desired_objects set generation = greatest(generation, observed_generation) + 1, reissues = reissues + 1, reissue_at = null, updated_at = now()
       where ${WHERE} returning generation`,
      this.key(object),
    );
    return Number(row?.generation);
  }

  override async raiseAbove(
    object: ObjectIdentity,
    generation: number,
  ): Promise<void> {
    await this.transaction.run(
      `update desired_objects set generation = greatest(generation, $7) where ${WHERE}`,
      [...this.key(object), generation],
    );
  }

  override async noteSettled(
    object: ObjectIdentity,
    settled: SettledGeneration,
  ): Promise<void> {
    await this.transaction.run(
      `update desired_objects set settled_generation = $7, settled_object_generation = $8, settled_at = clock_timestamp() where ${WHERE}`,
      [
        ...this.key(object),
        settled.generation,
        settled.objectGeneration ?? null,
      ],
    );
  }

  override async settledGenerations(
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlyMap<string, SettledGeneration>> {
    if (objects.length === 0) return new Map();
    const rows = await this.transaction.query<SettledRow>(
      `select ${PLACE}, d.settled_generation, d.settled_object_generation from unnest(${PLACES}) as place (${PLACE_COLUMNS})
       join desired_objects d on ${AT_PLACE} where d.settled_generation > 0`,
      this.places(objects),
    );
    return new Map(
      rows.map((row) => [objectKey(row), settledGeneration(row)] as const),
    );
  }

  override async setWaitsForDelete(
    object: ObjectIdentity,
    waits: boolean,
  ): Promise<void> {
    await this.transaction.run(
      `update desired_objects set waits_for_delete = $7 where ${WHERE}`,
      [...this.key(object), waits],
    );
  }

  override async scheduleReissue(
    object: ObjectIdentity,
    pauseSeconds: number | undefined,
  ): Promise<void> {
    await this.transaction.run(
      `update desired_objects set reissue_at = now() + make_interval(secs => $7) where ${WHERE} and not is_retired`,
      [...this.key(object), pauseSeconds ?? null],
    );
  }

  override async scheduleReissues(
    objects: readonly ObjectIdentity[],
  ): Promise<void> {
    if (objects.length === 0) return;
    const places = this.places(objects);
    // In one order, as noteObserved.
    await this.transaction.query(
      `select 1 from unnest(${PLACES}) as place (${PLACE_COLUMNS}) join desired_objects d on ${AT_PLACE}
       order by ${PLACE} for update of d`,
      places,
    );
    await this.transaction.run(
      `update desired_objects d set reissue_at = now() from unnest(${PLACES}) as place (${PLACE_COLUMNS}) where ${AT_PLACE}`,
      places,
    );
  }

  override async retire(objects: readonly ObjectIdentity[]): Promise<void> {
    if (objects.length === 0) return;
    await this.transaction.run(
      `update desired_objects d set is_retired = true, reissue_at = null from unnest(${PLACES}) as place (${PLACE_COLUMNS})
       where ${AT_PLACE} and d.action = 'apply' and not d.is_retired`,
      this.places(objects),
    );
  }

  override async noteObserved(
    seen: readonly { object: ObjectIdentity; generation: number }[],
  ): Promise<void> {
    if (seen.length === 0) return;
    const places = this.places(seen.map(({ object }) => object));
    // Two statements: one that waits for a row would judge the rest as it was before it waited. In one order, so that
    // nobody who takes several deadlocks with it.
    await this.transaction.query(
      `select 1 from unnest(${PLACES}) as place (${PLACE_COLUMNS}) join desired_objects d on ${AT_PLACE}
       order by ${PLACE} for update of d`,
      places,
    );
    await this.transaction.run(
      `update desired_objects d set observed_generation = ${COUNTED}, reissue_at = case when ${COUNTED} >= d.generation then null else d.reissue_at end
       from unnest(${PLACES}, $7::bigint[]) as place (${PLACE_COLUMNS}, seen)
       where ${AT_PLACE} and (d.observed_generation <> ${COUNTED} or (${COUNTED} >= d.generation and d.reissue_at is not null))`,
      [...places, seen.map(({ generation }) => generation)],
    );
  }

  private places(objects: readonly ObjectIdentity[]): unknown[] {
    return [
      this.transaction.organization,
      objects.map(({ clusterId }) => clusterId),
      objects.map(({ apiVersion }) => apiVersion),
      objects.map(({ kind }) => kind),
      objects.map(({ namespace }) => namespace),
      objects.map(({ name }) => name),
    ];
  }

  private key(object: ObjectIdentity): unknown[] {
    return [
      this.transaction.organization,
      object.clusterId,
      object.apiVersion,
      object.kind,
      object.namespace,
      object.name,
    ];
  }
}

function settledGeneration(row: SettledRow): SettledGeneration {
  const { settled_object_generation: own } = row;
  return {
    generation: Number(row.settled_generation),
    objectGeneration: own === null ? undefined : Number(own),
  };
}
