import type { SqlTransaction } from "../../database/sql-transaction";
import {
  type DeliveryProgress,
  type DesiredAction,
  type DesiredState,
  MAX_SEEN_GENERATION,
  type ObjectIdentity,
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
  reissues: number;
}

const WHERE =
  "organization_id = $1 and cluster_id = $2 and api_version = $3 and kind = $4 and namespace = $5 and name = $6";

const OF_D =
  "d.organization_id = $1 and d.cluster_id = $2 and d.api_version = $3 and d.kind = $4 and d.namespace = $5 and d.name = $6";

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
             reissue_at = null, reissues = 0, updated_at = now()
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
        observedGeneration: Number(row.observed_generation),
        reissues: row.reissues,
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

  override async settledGeneration(
    object: ObjectIdentity,
  ): Promise<SettledGeneration | undefined> {
    const row = await this.transaction.one<{
      settled_generation: string;
      settled_object_generation: string | null;
    }>(
      `select settled_generation, settled_object_generation from desired_objects where ${WHERE} and settled_generation > 0`,
      this.key(object),
    );
    if (row === undefined) return undefined;
    const { settled_object_generation: own } = row;
    return {
      generation: Number(row.settled_generation),
      objectGeneration: own === null ? undefined : Number(own),
    };
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
      `update desired_objects set reissue_at = now() + make_interval(secs => $7) where ${WHERE}`,
      [...this.key(object), pauseSeconds ?? null],
    );
  }

  override async noteObserved(
    object: ObjectIdentity,
    generation: number,
  ): Promise<void> {
    await this.transaction.run(
      `with held as materialized (select cluster_id, case when $7 <= greatest(generation, ${MAX_SEEN_GENERATION}) then $7 else 0 end as seen
                                  from desired_objects where ${WHERE} for update)
       update desired_objects d set observed_generation = held.seen, reissue_at = case when held.seen >= d.generation then null else d.reissue_at end
       from held where ${OF_D} and (d.observed_generation <> held.seen or (held.seen >= d.generation and d.reissue_at is not null))`,
      [...this.key(object), generation],
    );
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
