import { createHash } from "node:crypto";

/** How many of each there are in the company that is paired; the other one has a tenth of the applications and of the jobs. */
export const INSTANCES = 2_000;
export const OPERATIONS = 4_000;
export const JOBS = 200_000;
const CLUSTERS = 20;
const ENTRIES = 10;

/** A name that both sides make of a number, so that they agree without having met. */
function named(kind: string, number: string): string {
  return `md5('${kind}-' || ${number})::uuid`;
}

const INSTANCE_STATE =
  "case n % 20 when 0 then 'degraded' when 1 then 'blocked' when 2 then 'deploying' when 3 then 'suspended' else 'ready' end";
/** None that a gateway would take further by itself. */
const OPERATION_STATE =
  "case when n % 100 = 0 then 'awaiting_approval' when n % 10 = 1 then 'failed' when n % 25 = 2 then 'cancelled' else 'succeeded' end";
const OPERATION_TYPE =
  "case when n % 7 = 0 then 'Upgrade' else 'Backup' end, case when n % 7 = 0 then 'helm' else 'velero' end";
const VALUES = `'{"replicas": 2, "host": "app-' || n || '.example.com"}'`;
const ASKED_AT = "now() - make_interval(mins => n * 30)";

/** What one application is called on both sides. */
export const instanceRef = (number: number) =>
  refOf("instance-ref", String(number));
export const operationRef = (number: number) =>
  refOf("operation-ref", String(number));

function refOf(kind: string, number: string): string {
  const hex = createHash("md5").update(`${kind}-${number}`).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The gateway's side, as its superuser. $1 is the organization, and $2 the user who has asked for everything. */
export const GATEWAY_SAMPLES: readonly string[] = [
  `insert into clusters (organization_id, id, code, name, state)
   select $1, ${named("cluster", "n")}, 'c-' || n, 'Cluster ' || n, 'active' from generate_series(1, ${CLUSTERS}) n`,
  `insert into catalog_entries (organization_id, id, code, name, chart_source_type, chart_url, chart_name, recommended_version, external_ref, intent_version)
   select $1, ${named("entry", "n")}, 'entry-' || n, 'Entry ' || n, 'oci', 'oci://charts.example.com/apps', 'entry-' || n, '1.0.0', ${named("entry-ref", "n")}, 1
   from generate_series(1, ${ENTRIES}) n`,
  `insert into application_instances (organization_id, id, cluster_id, catalog_entry_id, namespace, name, chart_version, values_json, suspended, generation,
     observed_generation, state, external_ref, intent_version, origin)
   select $1, ${named("instance", "n")}, ${named("cluster", `n % ${CLUSTERS} + 1`)}, ${named("entry", `n % ${ENTRIES} + 1`)}, 'ns-' || n % 50, 'app-' || n, '1.0.0',
     ${VALUES}, n % 20 = 3, 1, 1, ${INSTANCE_STATE}, ${named("instance-ref", "n")}, 1, 'odoo' from generate_series(1, ${INSTANCES}) n`,
  `insert into operations (organization_id, id, cluster_id, instance_id, namespace, name, type, engine, parameters_json, state, approval_state, requested_by,
     external_ref, intent_version, created_at, finished_at)
   select $1, ${named("operation", "n")}, ${named("cluster", `(n % ${INSTANCES} + 1) % ${CLUSTERS} + 1`)}, ${named("instance", `n % ${INSTANCES} + 1`)},
     'ns', 'operation-' || n, ${OPERATION_TYPE}, '{}', ${OPERATION_STATE}, case when n % 100 = 0 then 'required' else 'not_required' end, $2,
     ${named("operation-ref", "n")}, 1, ${ASKED_AT}, ${ASKED_AT} from generate_series(1, ${OPERATIONS}) n`,
  // By the time in their ids they are from long before the pairing: an Odoo is told of later ones only.
  `insert into settled_jobs (organization_id, id, number, cluster_id, kind, api_version, object_kind, namespace, name, payload_digest, idempotency_key, state,
     outcome, attempt, created_at, expires_at)
   select $1, ('018f' || substr(md5('job-' || n), 5))::uuid, n, ${named("cluster", `n % ${CLUSTERS} + 1`)}, 'apply', 'apps.vworkspace.io/v1alpha1', 'ApplicationInstance', 'ns-' || n % 50,
     'app-' || n % ${INSTANCES}, '\\x00', 'applicationinstance/' || n, 'succeeded', 'succeeded', 1, now(), now() from generate_series(1, ${JOBS}) n`,
  "analyze",
];

const OTHERS = [
  "vworkspace_cluster",
  "vworkspace_catalog_entry",
  "vworkspace_application_instance",
  "vworkspace_operation",
  "vworkspace_job",
  "vworkspace_outbox",
  "vworkspace_parked_update",
  "vworkspace_comparison",
];

/** Odoo's side of the same, for the company that is paired, and then of another one. */
export function odooSamples(paired: number, other: number): string {
  return [
    ...companySamples(paired, 1),
    ...companySamples(other, 10),
    ...OTHERS.map((table) => `analyze ${table}`),
  ].join(";\n");
}

/** @param share of the paired company's number; only that one's records have the names that the gateway knows */
function companySamples(company: number, share: number): readonly string[] {
  const prefix = share === 1 ? "" : "other-";
  const name = (kind: string, number = "n") =>
    `${named(`${prefix}${kind}`, number)}::text`;
  const ours = (table: string, kind: string, number: string) =>
    `(select id from vworkspace_${table} where company_id = ${company} and gateway_key = ${name(kind, number)})`;
  const instances = INSTANCES / share;
  const common = "company_id, create_date, write_date, gateway_key";
  return [
    `insert into vworkspace_cluster (${common}, external_ref, code, name, state, connectivity_mode, connected, active, simulated)
     select ${company}, now(), now(), ${name("cluster")}, ${name("cluster-ref")}, 'c-' || n, 'Cluster ' || n, 'active', 'pull', n % 5 > 0, true, false
     from generate_series(1, ${CLUSTERS}) n`,
    `insert into vworkspace_catalog_entry (${common}, external_ref, has_gateway_ref, intent_version, confirmed_version, code, name, chart_source_type, chart_url,
       chart_name, recommended_version, allowed_versions_json, default_values_json, capabilities_json, active)
     select ${company}, now(), now(), ${name("entry")}, ${name("entry-ref")}, true, 1, 1, 'entry-' || n, 'Entry ' || n, 'oci', 'oci://charts.example.com/apps',
       'entry-' || n, '1.0.0', '[]', '{}', '{}', true from generate_series(1, ${ENTRIES}) n`,
    `insert into vworkspace_application_instance (${common}, external_ref, has_gateway_ref, intent_version, confirmed_version, raised_version, cluster_id,
       catalog_entry_id, namespace, name, chart_version, values_json, suspended, is_removed, generation, observed_generation, state, conditions_json,
       endpoints_json, origin, active, last_backup_at)
     select ${company}, now(), now(), ${name("instance")}, ${name("instance-ref")}, true, 1, 1, 0, ${ours("cluster", "cluster", `n % ${CLUSTERS} + 1`)},
       ${ours("catalog_entry", "entry", `n % ${ENTRIES} + 1`)}, 'ns-' || n % 50, 'app-' || n, '1.0.0', ${VALUES}, n % 20 = 3, false, 1, 1, ${INSTANCE_STATE}, '[]',
       '[]', 'odoo', true, case when n % 3 = 0 then ${ASKED_AT} end from generate_series(1, ${instances}) n`,
    `insert into vworkspace_operation (${common}, external_ref, has_gateway_ref, intent_version, confirmed_version, instance_id, cluster_id, name, type, engine,
       parameters_json, state, created_at, finished_at)
     select ${company}, ${ASKED_AT}, now(), ${name("operation")}, ${name("operation-ref")}, true, 1, 1, i.id, i.cluster_id, 'operation-' || n, ${OPERATION_TYPE}, '{}',
       ${OPERATION_STATE}, ${ASKED_AT}, ${ASKED_AT}
     from generate_series(1, ${OPERATIONS / share}) n join vworkspace_application_instance i on i.company_id = ${company} and i.gateway_key = ${name("instance", `n % ${instances} + 1`)}`,
    // What 30 days leave behind: changes that were sent, a few that were refused, comparisons, and reports that failed.
    `insert into vworkspace_outbox (company_id, create_date, model, external_ref, subject, intent_version, request_id, state, attempts, settled_at)
     select ${company}, ${ASKED_AT}, 'vworkspace.application.instance', ${name("instance-ref", `n % ${instances} + 1`)}, 'Application app-' || n % ${instances} + 1, 1,
       ${name("request")}, case when n % 100 = 0 then 'refused' when n % 3 = 0 then 'superseded' else 'sent' end, 1, now() from generate_series(1, ${20_000 / share}) n`,
    `insert into vworkspace_parked_update (company_id, create_date, model, key, sequence, reason, values_json)
     select ${company}, now(), 'vworkspace.job', ${name("parked")}, n, 'It refers to something that Odoo does not have.', '{}' from generate_series(1, 500) n`,
    `insert into vworkspace_comparison (company_id, create_date, reason, state, started_at, finished_at, seconds, records, pages)
     select ${company}, now(), 'schedule', 'done', ${ASKED_AT}, ${ASKED_AT}, 1, 6000, 0 from generate_series(1, 2880) n`,
    jobSamples({ company, jobs: JOBS / share, instances, key: name("job") }),
  ];
}

interface JobSamples {
  readonly company: number;
  readonly jobs: number;
  readonly instances: number;
  /** What the gateway calls the job of a number. */
  readonly key: string;
}

/** Of the last 30 days, the newest last; most went well, and few are open. */
function jobSamples({ company, jobs, instances, key }: JobSamples): string {
  const state =
    "case when n % 100 < 70 then 'succeeded' when n % 100 < 82 then 'noop' when n % 100 < 90 then 'superseded' when n % 100 < 95 then 'failed' when n % 100 < 97 then 'conflict' when n % 100 < 99 then 'expired' else (array['queued', 'offered', 'acked'])[n % 3 + 1] end";
  const madeAt = `(now() at time zone 'UTC') - make_interval(secs => (${jobs} - n) * ${(30 * 86_400) / jobs})`;
  return `insert into vworkspace_job (company_id, create_date, write_date, gateway_key, code, cluster_id, kind, state, outcome, error, idempotency_key, attempt,
      created_at, acked_at, settled_at)
    select ${company}, now(), now(), ${key}, ${key}, i.cluster_id, case when n % 50 = 0 then 'delete' else 'apply' end, j.state,
      case when j.is_open then null else j.state end, case when j.state = 'failed' then 'Helm install failed: timed out waiting for the condition ' || n end,
      'applicationinstance/' || i.namespace || '/' || i.name || '@' || n, 1, j.made_at, j.made_at, case when not j.is_open then j.made_at end
    from (select n, ${state} as state, n % 100 = 99 as is_open, ${madeAt} as made_at from generate_series(1, ${jobs}) n) j
    join vworkspace_application_instance i on i.company_id = ${company} and i.name = 'app-' || (j.n % ${instances} + 1)
    order by j.n`;
}
