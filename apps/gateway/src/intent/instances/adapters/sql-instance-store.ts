import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type ObjectIdentity,
  objectKey,
} from "../../../delivery/domain/desired-object";
import {
  type Instance,
  instanceObject,
  type Observation,
  type ObservedCondition,
} from "../domain/instance";
import {
  InstanceStore,
  type NewInstance,
  type SeenInstance,
} from "../domain/instance-store";

type Row = Omit<
  Instance,
  "generation" | "observed_generation" | "intent_version"
> & {
  generation: string;
  observed_generation: string;
  intent_version: string | null;
};

const SELECT = `select id, cluster_id, catalog_entry_id, namespace, name, chart_version, values_json, values_secret_ref, integrations,
  suspended, generation, observed_generation, state, external_ref, intent_version from application_instances`;

export class SqlInstanceStore extends InstanceStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async add(instance: NewInstance): Promise<boolean> {
    const added = await this.transaction.run(
      `insert into application_instances (organization_id, id, cluster_id, catalog_entry_id, namespace, name, chart_version, values_json,
         values_secret_ref, integrations, suspended, external_ref, intent_version, origin, created_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing`,
      [
        this.transaction.organization,
        instance.id,
        instance.cluster_id,
        instance.catalog_entry_id,
        instance.namespace,
        instance.name,
        instance.chart_version,
        instance.values_json,
        jsonOrNull(instance.values_secret_ref),
        JSON.stringify(instance.integrations),
        instance.suspended,
        instance.external_ref,
        instance.intent_version,
        instance.origin,
        instance.created_by,
      ],
    );
    return added > 0;
  }

  override async find(id: string): Promise<Instance | undefined> {
    const row = await this.transaction.one<Row>(
      `${SELECT} where organization_id = $1 and id = $2`,
      [this.transaction.organization, id],
    );
    return row && instance(row);
  }

  override lock(id: string): Promise<Instance | undefined> {
    return this.lockWhere("id = $2", [id]);
  }

  override lockLiveAt(
    object: Pick<ObjectIdentity, "clusterId" | "namespace" | "name">,
  ): Promise<Instance | undefined> {
    return this.lockWhere(
      "cluster_id = $2 and namespace = $3 and name = $4 and state not in ('deleting', 'deleted')",
      [object.clusterId, object.namespace, object.name],
    );
  }

  override lockDeletingAt(
    object: Pick<ObjectIdentity, "clusterId" | "namespace" | "name">,
    through?: number,
  ): Promise<Instance | undefined> {
    return this.lockWhere(
      "cluster_id = $2 and namespace = $3 and name = $4 and state = 'deleting' and ($5::bigint is null or generation <= $5) order by generation desc limit 1",
      [object.clusterId, object.namespace, object.name, through ?? null],
    );
  }

  override lockByExternalRef(
    externalRef: string,
  ): Promise<Instance | undefined> {
    return this.lockWhere("external_ref = $2", [externalRef]);
  }

  override async save(instance: Instance): Promise<void> {
    await this.transaction.run(
      `update application_instances set chart_version = $3, values_json = $4, values_secret_ref = $5, integrations = $6, suspended = $7,
         generation = $8, state = $9, intent_version = $10, catalog_entry_id = $11, external_ref = $12, updated_at = now(),
         deleted_at = case when $9 = 'deleted' then coalesce(deleted_at, now()) end
       where organization_id = $1 and id = $2`,
      [
        this.transaction.organization,
        instance.id,
        instance.chart_version,
        instance.values_json,
        jsonOrNull(instance.values_secret_ref),
        JSON.stringify(instance.integrations),
        instance.suspended,
        instance.generation,
        instance.state,
        instance.intent_version,
        instance.catalog_entry_id,
        instance.external_ref,
      ],
    );
  }

  override async lockAt(
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlyMap<string, Instance>> {
    const live = await this.lockPlaces(
      objects,
      "state not in ('deleting', 'deleted')",
    );
    const others = objects.filter((object) => !live.has(objectKey(object)));
    const deleting = await this.lockPlaces(others, "state = 'deleting'");
    return new Map([...live, ...deleting]);
  }

  private async lockPlaces(
    objects: readonly ObjectIdentity[],
    condition: string,
  ): Promise<ReadonlyMap<string, Instance>> {
    if (objects.length === 0) return new Map();
    const rows = await this.transaction.query<Row>(
      `${SELECT} where organization_id = $1 and ${condition}
         and (cluster_id, namespace, name) in (select * from unnest($2::uuid[], $3::text[], $4::text[]))
       order by cluster_id, namespace, name, generation for update`,
      [
        this.transaction.organization,
        objects.map(({ clusterId }) => clusterId),
        objects.map(({ namespace }) => namespace),
        objects.map(({ name }) => name),
      ],
    );
    // Of several the newest generation comes last, and stays.
    return new Map(
      rows.map((row) => [objectKey(instanceObject(row)), instance(row)]),
    );
  }

  override async saveObserved(seen: readonly SeenInstance[]): Promise<void> {
    if (seen.length === 0) return;
    // Only a change is written: most reports say the same again.
    await this.transaction.run(
      `update application_instances i set observed_generation = seen.generation, conditions = seen.conditions, endpoints = seen.endpoints,
         state = seen.state, updated_at = now()
       from unnest($2::uuid[], $3::bigint[], $4::jsonb[], $5::jsonb[], $6::text[]) as seen (id, generation, conditions, endpoints, state)
       where i.organization_id = $1 and i.id = seen.id
         and (i.observed_generation, i.conditions, i.endpoints, i.state) is distinct from (seen.generation, seen.conditions, seen.endpoints, seen.state)`,
      [
        this.transaction.organization,
        seen.map(({ id }) => id),
        seen.map(({ observation }) => observation.intentGeneration),
        seen.map(({ observation }) => JSON.stringify(observation.conditions)),
        seen.map(({ endpoints }) => JSON.stringify(endpoints)),
        seen.map(({ state }) => state),
      ],
    );
  }

  override async count(clusterId: string | null): Promise<number> {
    const row = await this.transaction.one<{ count: string }>(
      "select count(*) from application_instances where organization_id = $1 and state <> 'deleted' and ($2::uuid is null or cluster_id = $2)",
      [this.transaction.organization, clusterId],
    );
    return Number(row?.count ?? 0);
  }

  override async observation(
    object: ObjectIdentity,
  ): Promise<Observation | undefined> {
    const row = await this.transaction.one<{
      present: boolean;
      intent_generation: string;
      conditions: (ObservedCondition & { position?: unknown })[];
    }>(
      `select present, intent_generation, conditions from observed_objects
       where organization_id = $1 and cluster_id = $2 and api_version = $3 and kind = $4 and namespace = $5 and name = $6`,
      [
        this.transaction.organization,
        object.clusterId,
        object.apiVersion,
        object.kind,
        object.namespace,
        object.name,
      ],
    );
    return (
      row && {
        present: row.present,
        intentGeneration: Number(row.intent_generation),
        // Where in the stream of reports it stood is nobody's business but the projection's.
        conditions: row.conditions.map(({ position: _, ...rest }) => rest),
      }
    );
  }

  private async lockWhere(
    where: string,
    values: readonly unknown[],
  ): Promise<Instance | undefined> {
    const row = await this.transaction.one<Row>(
      `${SELECT} where organization_id = $1 and ${where} for update`,
      [this.transaction.organization, ...values],
    );
    return row && instance(row);
  }
}

function instance(row: Row): Instance {
  return {
    ...row,
    generation: Number(row.generation),
    observed_generation: Number(row.observed_generation),
    intent_version:
      row.intent_version === null ? null : Number(row.intent_version),
  };
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
