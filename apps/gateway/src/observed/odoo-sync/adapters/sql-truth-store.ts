import type { SqlTransaction } from "../../../database/sql-transaction";
import { connectedSql } from "../../../fleet/clusters/adapters/connected-sql";
import type { SyncedModel } from "../domain/synced-model";
import {
  type TruthSettings,
  TruthStore,
  type TruthValues,
} from "../domain/truth-store";

type Row = Readonly<Record<string, string | number | boolean | null>> & {
  readonly record_id: string;
};

/** As Odoo writes a moment. */
function moment(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')`;
}

/** Whole numbers that PostgreSQL's driver would give as text; nobody's reach what a double holds exactly. */
function number(column: string): string {
  return `${column}::float8`;
}

const CATALOG = `select e.id as record_id, e.code, e.name, e.chart_source_type, e.chart_url, e.chart_name, e.allowed_versions::text as allowed_versions_json,
  e.recommended_version, e.default_values::text as default_values_json, e.values_schema::text as values_schema_json,
  e.capabilities::text as capabilities_json, e.active, e.external_ref, ${number("e.intent_version")} as intent_version
  from catalog_entries e where e.organization_id = $1 and e.id = any($2::uuid[])`;

const POLICY = `select p.id as record_id, p.name, p.cluster_id::text as cluster_key, p.allowed_namespaces::text as allowed_namespaces_json,
  p.allowed_catalog_codes::text as allowed_catalog_codes_json, p.allowed_chart_url_prefixes::text as allowed_chart_url_prefixes_json,
  p.allowed_operations::text as allowed_operations_json, p.require_approval_for::text as require_approval_for_json, p.four_eyes, p.max_instances,
  p.version_constraint, p.maintenance_windows::text as maintenance_windows_json, p.external_ref, ${number("p.intent_version")} as intent_version
  from policies p where p.organization_id = $1 and p.id = any($2::uuid[])`;

/** The newest backup that succeeded wholly: the same that the model shows. */
const INSTANCE = `select i.id as record_id, i.name, i.namespace, i.cluster_id::text as cluster_key, e.code as catalog_code, i.chart_version, i.values_json,
  i.suspended, i.origin, i.external_ref, ${number("i.intent_version")} as intent_version, ${number("i.generation")} as generation,
  ${number("i.observed_generation")} as observed_generation, i.state, i.conditions::text as conditions_json, i.endpoints::text as endpoints_json,
  ${moment(`(select b.finished_at from operations b where b.organization_id = i.organization_id and b.instance_id = i.id and b.type = 'Backup'
    and b.state = 'succeeded' and not b.degraded order by b.finished_at desc limit 1)`)} as last_backup_at
  from application_instances i join catalog_entries e on e.organization_id = i.organization_id and e.id = i.catalog_entry_id
  where i.organization_id = $1 and i.id = any($2::uuid[])`;

/** A person is whoever an Odoo said that it was, else the gateway's own user. */
function person(user: string, asserted: string): string {
  return `coalesce(o.${asserted} ->> 'login', (select u.login from users u where u.organization_id = o.organization_id and u.id = o.${user}))`;
}

const OPERATION = `select o.id as record_id, o.name, o.instance_id::text as instance_key, i.external_ref as instance_ref, o.type, o.engine,
  o.parameters_json, o.state, jsonb_build_object('phase', o.phase, 'reason', o.reason, 'message', o.message, 'progress', o.progress,
    'degraded', o.degraded)::text as progress_json, o.outputs::text as outputs_json, o.conditions::text as conditions_json,
  ${person("requested_by", "on_behalf_of")} as requested_by, ${person("approved_by", "approved_on_behalf_of")} as approved_by,
  case when o.approval_state <> 'not_required' and $3 <> '' then $3 || o.number end as approval_url, o.external_ref,
  ${number("o.intent_version")} as intent_version, ${moment("o.created_at")} as created_at, ${moment("o.started_at")} as started_at,
  ${moment("o.finished_at")} as finished_at
  from operations o join application_instances i on i.organization_id = o.organization_id and i.id = o.instance_id
  where o.organization_id = $1 and o.id = any($2::uuid[])`;

/** Open or settled: in one statement, so that a job that is settled meanwhile is one or the other. */
function job(table: string, end: readonly [string, string, string]): string {
  const [outcome, error, settledAt] = end;
  return `select id as record_id, id::text as code, cluster_id::text as cluster_key, kind, state, ${outcome} as outcome, ${error} as error,
    idempotency_key, attempt, ${moment("created_at")} as created_at, ${moment("acked_at")} as acked_at, ${settledAt} as settled_at
    from ${table} where organization_id = $1 and id = any($2::uuid[])`;
}

const JOB = `${job("jobs", ["null::text", "null::text", "null::text"])} union all
  ${job("settled_jobs", ["outcome", "error", moment("settled_at")])}`;

export class SqlTruthStore extends TruthStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async read(
    model: SyncedModel,
    ids: readonly string[],
    settings: TruthSettings,
  ): Promise<ReadonlyMap<string, TruthValues>> {
    if (ids.length === 0) return new Map();
    const { organization } = this.transaction;
    const values = [organization, [...ids]];
    const rows = await this.transaction.query<Row>(
      sqlOf(model, settings.disconnectAfterSeconds),
      model === "vworkspace.operation"
        ? [...values, settings.approvalsUrl]
        : values,
    );
    return new Map(rows.map((row) => [row.record_id, valuesOf(row)]));
  }
}

function sqlOf(model: SyncedModel, disconnectAfterSeconds: number): string {
  switch (model) {
    case "vworkspace.cluster":
      return cluster(disconnectAfterSeconds);
    case "vworkspace.catalog.entry":
      return CATALOG;
    case "vworkspace.policy":
      return POLICY;
    case "vworkspace.application.instance":
      return INSTANCE;
    case "vworkspace.operation":
      return OPERATION;
    case "vworkspace.job":
      return JOB;
  }
}

function cluster(disconnectAfterSeconds: number): string {
  const { joins, connected } = connectedSql(disconnectAfterSeconds);
  return `select c.id as record_id, c.code, c.name, c.connectivity_mode, c.state, ${connected} as connected, ${moment("p.last_seen")} as last_seen,
    c.agent_version, c.conditions::text as conditions_json, c.simulated
    from clusters c ${joins} where c.organization_id = $1 and c.id = any($2::uuid[])`;
}

/** What isn't set is false, as everywhere in Odoo. */
function valuesOf({ record_id: _id, ...columns }: Row): TruthValues {
  return Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [name, value ?? false]),
  );
}
