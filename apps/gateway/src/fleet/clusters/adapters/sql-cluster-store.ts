import type { SqlTransaction } from "../../../database/sql-transaction";
import type { Cluster, ClusterState } from "../domain/cluster";
import {
  type ClusterFacts,
  ClusterStore,
  type NewCluster,
  PresenceStore,
} from "../domain/cluster-store";
import type { TokenMode } from "../domain/sender-constraint.decide";

const COLUMNS = `id, number, code, name, state, connectivity_mode as "connectivityMode", token_mode as "tokenMode", simulated`;

/** A cluster that keeps inventing types of conditions doesn't make its row grow. */
const MAX_CONDITIONS = 64;

export class SqlClusterStore extends ClusterStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async add(cluster: NewCluster): Promise<boolean> {
    const added = await this.transaction.run(
      `insert into clusters (organization_id, id, code, name, simulated) values ($1, $2, $3, $4, $5)
       on conflict (organization_id, code) do nothing`,
      [
        this.transaction.organization,
        cluster.id,
        cluster.code,
        cluster.name,
        cluster.simulated,
      ],
    );
    return added > 0;
  }

  override byId(id: string): Promise<Cluster | undefined> {
    return this.transaction.one(
      `select ${COLUMNS} from clusters where organization_id = $1 and id = $2`,
      [this.transaction.organization, id],
    );
  }

  override lock(id: string): Promise<Cluster | undefined> {
    // Not `for update`: rows that refer to the cluster go on being written meanwhile.
    return this.transaction.one(
      `select ${COLUMNS} from clusters where organization_id = $1 and id = $2 for no key update`,
      [this.transaction.organization, id],
    );
  }

  override byCode(code: string): Promise<Cluster | undefined> {
    return this.transaction.one(
      `select ${COLUMNS} from clusters where organization_id = $1 and code = $2`,
      [this.transaction.organization, code],
    );
  }

  override async rename(id: string, name: string): Promise<void> {
    await this.transaction.run(
      "update clusters set name = $3, updated_at = now() where organization_id = $1 and id = $2",
      [this.transaction.organization, id, name],
    );
  }

  override async setState(id: string, state: ClusterState): Promise<void> {
    await this.transaction.run(
      "update clusters set state = $3, updated_at = now() where organization_id = $1 and id = $2",
      [this.transaction.organization, id, state],
    );
  }

  override async setTokenMode(id: string, mode: TokenMode): Promise<void> {
    await this.transaction.run(
      "update clusters set token_mode = $3, updated_at = now() where organization_id = $1 and id = $2",
      [this.transaction.organization, id, mode],
    );
  }

  override async noteReuse(id: string, isReused: boolean): Promise<void> {
    await this.transaction.run(
      `update clusters set credential_reuse_at = case when $3 then now() end, updated_at = now()
       where organization_id = $1 and id = $2 and ($3 or credential_reuse_at is not null)`,
      [this.transaction.organization, id, isReused],
    );
  }

  override async setFacts(id: string, facts: ClusterFacts): Promise<void> {
    const json = (value: readonly unknown[] | undefined) =>
      value === undefined ? null : JSON.stringify(value);
    // Only a change is written: a heartbeat that says the same again leaves the row alone.
    await this.transaction.run(
      `update clusters set agent_version = coalesce($3, agent_version), cluster_uid = coalesce($4, cluster_uid),
         controllers = coalesce($5::jsonb, controllers), conditions = coalesce($6::jsonb, conditions),
         simulated = coalesce($7, simulated), updated_at = now()
       where organization_id = $1 and id = $2
         and (agent_version, cluster_uid, controllers, conditions, simulated) is distinct from
             (coalesce($3, agent_version), coalesce($4, cluster_uid), coalesce($5::jsonb, controllers), coalesce($6::jsonb, conditions),
              coalesce($7, simulated))`,
      [
        this.transaction.organization,
        id,
        facts.agentVersion ?? null,
        facts.clusterUid ?? null,
        json(facts.controllers),
        json(facts.conditions),
        facts.simulated ?? null,
      ],
    );
  }

  override async mergeConditions(
    id: string,
    conditions: readonly { readonly type: string }[],
  ): Promise<void> {
    // Of two of one type the last counts.
    const news = new Map(
      conditions.map((condition) => [condition.type, condition]),
    );
    await this.transaction.run(
      `update clusters set conditions = (
         select jsonb_agg(condition order by condition ->> 'type') from (
           (select news as condition from jsonb_array_elements($4::jsonb) news)
           union all (select known from jsonb_array_elements(conditions) known where not known ->> 'type' = any($3::text[]))
           limit ${MAX_CONDITIONS}) merged), updated_at = now()
       where organization_id = $1 and id = $2`,
      [
        this.transaction.organization,
        id,
        [...news.keys()],
        JSON.stringify([...news.values()]),
      ],
    );
  }
}

/** Of restarts: more than there are within any sensible time of silence. */
const MAX_STRETCHES = 200;

export class SqlPresenceStore extends PresenceStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async prolongListening(
    id: string,
    gapSeconds: number,
  ): Promise<boolean> {
    const prolonged = await this.transaction.run(
      `update gateway_listening set heard_until = greatest(heard_until, now())
       where id = $1 and heard_until > now() - make_interval(secs => $2)`,
      [id, gapSeconds],
    );
    return prolonged > 0;
  }

  override async beginListening(id: string): Promise<void> {
    await this.transaction.run(
      "insert into gateway_listening (id, since, heard_until) values ($1, now(), now())",
      [id],
    );
    // By number and not by age: after a standstill of weeks the stretches before it still say that nobody listened since.
    await this.transaction.run(
      `delete from gateway_listening where id in (
         select id from gateway_listening order by heard_until desc offset ${MAX_STRETCHES} for update skip locked)`,
      [],
    );
  }

  override async touch(
    seen: readonly { organizationId: string; clusterId: string }[],
  ): Promise<void> {
    await this.transaction.run(
      `insert into cluster_presence (organization_id, cluster_id, last_seen)
       select organization_id, cluster_id, now() from unnest($1::uuid[], $2::uuid[]) as seen (organization_id, cluster_id)
       order by organization_id, cluster_id
       on conflict (organization_id, cluster_id) do update set last_seen = greatest(cluster_presence.last_seen, excluded.last_seen)`,
      [
        seen.map((cluster) => cluster.organizationId),
        seen.map((cluster) => cluster.clusterId),
      ],
    );
  }
}
