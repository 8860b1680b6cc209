import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * The first schema. What can't be changed later is here from the first day: the organization in every table of tenant
 * data and first in every unique key of it, row-level security for roles that are no superusers, time-ordered ids as
 * partition keys, generation counters that outlive their objects, replay tables, audit leaves as exact bytes.
 *
 * Never edited after landing: a change is a new migration (expand first, contract in a later release).
 */
export class FirstSchema1795561200000 implements MigrationInterface {
  readonly name = "FirstSchema1795561200000";

  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...foundations,
      ...identity,
      ...fleet,
      ...intent,
      ...delivery,
      ...observed,
      ...evidence,
    ];
    for (const statement of statements) await runner.query(statement);
    for (const statement of grants(await roleNames(runner)))
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("The first schema has no way down: restore a backup instead."),
    );
  }
}

interface Roles {
  readonly owner: string;
  readonly app: string;
  readonly worker: string;
}

/** The migrating connection names the other two roles in settings of its session. */
async function roleNames(runner: QueryRunner): Promise<Roles> {
  const [row] = (await runner.query(
    "select quote_ident(current_user) as owner, quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
  )) as [Roles];
  return row;
}

const foundations = [
  // The smallest UUIDv7 of a moment: bounds of partitions by ranges of time-ordered ids.
  `create function uuid_floor(moment timestamptz) returns uuid language sql immutable strict
     return (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid`,
  `create table organizations (
     id uuid primary key,
     number integer generated always as identity,
     code text not null,
     name text not null,
     created_at timestamptz not null default now(),
     constraint organizations_number unique (number),
     constraint organizations_code unique (code))`,
];

const identity = [
  `create table users (
     organization_id uuid not null constraint users_organization references organizations (id),
     id uuid not null,
     number integer generated always as identity,
     login text not null,
     name text not null,
     role text not null constraint users_role check (role in ('reader', 'operator', 'approver', 'admin', 'bridge')),
     active boolean not null default true,
     created_at timestamptz not null default now(),
     constraint users_pk primary key (organization_id, id),
     constraint users_number unique (organization_id, number),
     constraint users_login unique (organization_id, login))`,
  // The secret itself is nowhere: only its HMAC under the master key.
  `create table api_keys (
     organization_id uuid not null,
     id uuid not null,
     user_id uuid not null,
     prefix text not null,
     secret_hash bytea not null,
     created_at timestamptz not null default now(),
     expires_at timestamptz,
     last_used_at timestamptz,
     revoked_at timestamptz,
     constraint api_keys_pk primary key (organization_id, id),
     constraint api_keys_user foreign key (organization_id, user_id) references users (organization_id, id))`,
  `create index api_keys_secret on api_keys (secret_hash)`,
  // Keys of the gateway itself, sealed under the master key; tenant data holds none.
  `create table signing_keys (
     kid text primary key,
     purpose text not null,
     algorithm text not null,
     public_jwk jsonb not null,
     private_key bytea not null,
     created_at timestamptz not null default now(),
     retired_at timestamptz)`,
  `create unique index signing_keys_current on signing_keys (purpose) where retired_at is null`,
];

const fleet = [
  `create table clusters (
     organization_id uuid not null constraint clusters_organization references organizations (id),
     id uuid not null,
     number integer generated always as identity,
     code text not null,
     name text not null,
     connectivity_mode text not null default 'pull' constraint clusters_connectivity_mode check (connectivity_mode in ('pull', 'push', 'gitops')),
     state text not null default 'pending' constraint clusters_state check (state in ('pending', 'active', 'disabled', 'revoked')),
     token_mode text not null default 'bearer' constraint clusters_token_mode check (token_mode in ('bearer', 'mtls', 'dpop')),
     require_signed_payloads boolean not null default false,
     require_encrypted_payloads boolean not null default false,
     simulated boolean not null default false,
     agent_version text,
     cluster_uid text,
     conditions jsonb not null default '[]',
     controllers jsonb not null default '[]',
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     constraint clusters_pk primary key (organization_id, id),
     constraint clusters_number unique (organization_id, number),
     constraint clusters_code unique (organization_id, code))`,
  // Apart from clusters, and narrow: it changes with every poll, one statement per replica and period for all of them.
  `create table cluster_presence (
     organization_id uuid not null,
     cluster_id uuid not null,
     last_seen timestamptz not null,
     constraint cluster_presence_pk primary key (organization_id, cluster_id),
     constraint cluster_presence_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id) on delete cascade)
     with (fillfactor = 50)`,
  `create table registration_tokens (
     organization_id uuid not null,
     id uuid not null,
     cluster_id uuid not null,
     token_hash bytea not null,
     created_at timestamptz not null default now(),
     expires_at timestamptz not null,
     used_at timestamptz,
     constraint registration_tokens_pk primary key (organization_id, id),
     constraint registration_tokens_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id) on delete cascade)`,
  `create index registration_tokens_hash on registration_tokens (token_hash)`,
  `create index registration_tokens_unused on registration_tokens (organization_id, cluster_id) where used_at is null`,
  // One row per issued cluster token; its id is the token's jti. A chain by successor_id tells rotation from reuse.
  `create table cluster_credentials (
     organization_id uuid not null,
     id uuid not null,
     cluster_id uuid not null,
     registration_token_id uuid,
     created_at timestamptz not null default now(),
     expires_at timestamptz not null,
     grace_until timestamptz,
     first_used_at timestamptz,
     successor_id uuid,
     revoked_at timestamptz,
     confirmation jsonb,
     constraint cluster_credentials_pk primary key (organization_id, id),
     constraint cluster_credentials_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id) on delete cascade)`,
  `create index cluster_credentials_cluster_live on cluster_credentials (organization_id, cluster_id) where revoked_at is null`,
];

const intent = [
  `create table catalog_entries (
     organization_id uuid not null constraint catalog_entries_organization references organizations (id),
     id uuid not null,
     number integer generated always as identity,
     code text not null,
     name text not null,
     chart_source_type text not null constraint catalog_entries_source_type check (chart_source_type in ('oci', 'helm')),
     chart_url text not null,
     chart_name text not null,
     allowed_versions jsonb not null default '[]',
     recommended_version text,
     default_values jsonb not null default '{}',
     values_schema jsonb,
     capabilities jsonb not null default '{}',
     active boolean not null default true,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     constraint catalog_entries_pk primary key (organization_id, id),
     constraint catalog_entries_number unique (organization_id, number),
     constraint catalog_entries_code unique (organization_id, code))`,
  `create table policies (
     organization_id uuid not null constraint policies_organization references organizations (id),
     id uuid not null,
     number integer generated always as identity,
     name text not null,
     cluster_id uuid,
     allowed_namespaces jsonb not null default '[]',
     allowed_catalog_codes jsonb not null default '[]',
     allowed_chart_url_prefixes jsonb not null default '[]',
     allowed_operations jsonb not null default '[]',
     require_approval_for jsonb not null default '[]',
     four_eyes boolean not null default false,
     approval_trust text not null default 'personal' constraint policies_approval_trust check (approval_trust in ('personal', 'odoo')),
     maintenance_windows jsonb not null default '[]',
     max_instances integer,
     version_constraint text,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     constraint policies_pk primary key (organization_id, id),
     constraint policies_number unique (organization_id, number),
     constraint policies_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id))`,
  // One policy per organization, and at most one more per cluster.
  `create unique index policies_scope on policies (organization_id, cluster_id) nulls not distinct`,
  `create table application_instances (
     organization_id uuid not null,
     id uuid not null,
     number integer generated always as identity,
     cluster_id uuid not null,
     catalog_entry_id uuid not null,
     namespace text not null,
     name text not null,
     chart_version text not null,
     values_json text not null default '{}',
     values_secret_ref jsonb,
     integrations jsonb not null default '{}',
     suspended boolean not null default false,
     generation bigint not null default 0,
     observed_generation bigint not null default 0,
     state text not null default 'draft' constraint application_instances_state
       check (state in ('draft', 'deploying', 'ready', 'degraded', 'blocked', 'suspended', 'deleting', 'deleted')),
     conditions jsonb not null default '[]',
     endpoints jsonb not null default '[]',
     external_ref text,
     intent_version bigint,
     origin text not null default 'api',
     created_by uuid,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     deleted_at timestamptz,
     constraint application_instances_pk primary key (organization_id, id),
     constraint application_instances_number unique (organization_id, number),
     constraint application_instances_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id),
     constraint application_instances_catalog_entry foreign key (organization_id, catalog_entry_id) references catalog_entries (organization_id, id))`,
  // A name may be used again once its holder is being deleted: the newcomer's delivery waits for the end of the old one.
  `create unique index application_instances_place on application_instances (organization_id, cluster_id, namespace, name) where state not in ('deleting', 'deleted')`,
  `create index application_instances_deleting on application_instances (organization_id, cluster_id, namespace, name) where state = 'deleting'`,
  `create index application_instances_kept on application_instances (organization_id, cluster_id) where state <> 'deleted'`,
  // In the order that lists have. The second: what people look for, among many that are as they should be.
  `create index application_instances_cluster on application_instances (organization_id, cluster_id, number)`,
  `create index application_instances_underway on application_instances (organization_id, number)
     where state in ('draft', 'deploying', 'degraded', 'blocked', 'deleting')`,
  `create index application_instances_catalog_entry on application_instances (organization_id, catalog_entry_id)`,
  `create unique index application_instances_external_ref on application_instances (organization_id, external_ref) where external_ref is not null`,
];

const delivery = [
  // One row per object identity, for ever: its generation counter outlives the object and never restarts. Besides, the
  // newest desired state, so that a lost, expired or failed delivery is issued again without asking anyone.
  `create table desired_objects (
     organization_id uuid not null,
     cluster_id uuid not null,
     api_version text not null,
     kind text not null,
     namespace text not null,
     name text not null,
     generation bigint not null,
     action text not null constraint desired_objects_action check (action in ('apply', 'delete')),
     payload text not null,
     waits_for_delete boolean not null default false,
     settled_generation bigint not null default 0,
     settled_object_generation bigint,
     settled_at timestamptz,
     observed_generation bigint not null default 0,
     reissue_at timestamptz,
     reissues integer not null default 0,
     updated_at timestamptz not null default now(),
     constraint desired_objects_pk primary key (organization_id, cluster_id, api_version, kind, namespace, name),
     constraint desired_objects_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id))`,
  `create index desired_objects_reissue on desired_objects (reissue_at) where reissue_at is not null`,
  `create sequence job_number as integer cycle`,
  // Open jobs only: small and hot. A settled one moves to settled_jobs in the same statement.
  `create table jobs (
     organization_id uuid not null,
     id uuid not null,
     number integer not null default nextval('job_number'),
     cluster_id uuid not null,
     kind text not null constraint jobs_kind check (kind in ('apply', 'delete', 'intent')),
     api_version text not null default '',
     object_kind text not null default '',
     namespace text not null default '',
     name text not null default '',
     generation bigint,
     payload text not null,
     idempotency_key text not null,
     state text not null default 'queued' constraint jobs_state check (state in ('queued', 'offered', 'acked')),
     attempt integer not null default 0,
     created_at timestamptz not null default now(),
     expires_at timestamptz not null,
     offered_at timestamptz,
     acked_at timestamptz,
     lease_until timestamptz,
     status jsonb,
     traceparent text,
     constraint jobs_pk primary key (organization_id, id),
     constraint jobs_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id))
     with (fillfactor = 70)`,
  // An object has at most one open job (agent contract, "Order").
  `create unique index jobs_object on jobs (organization_id, cluster_id, api_version, object_kind, namespace, name) where kind <> 'intent'`,
  // By cluster alone: ids of clusters are unique, and the sweep asks about clusters of all organizations at once.
  `create index jobs_offer on jobs (cluster_id, id)`,
  `create index jobs_expiry on jobs (expires_at)`,
  `create index jobs_number on jobs (organization_id, number)`,
  `create table settled_jobs (
     organization_id uuid not null,
     id uuid not null,
     number integer not null,
     cluster_id uuid not null,
     kind text not null,
     api_version text not null,
     object_kind text not null,
     namespace text not null,
     name text not null,
     generation bigint,
     payload_digest bytea not null,
     idempotency_key text not null,
     state text not null constraint settled_jobs_state check (state in ('succeeded', 'failed', 'noop', 'conflict', 'superseded', 'expired')),
     outcome text not null,
     error text,
     applied_ref jsonb,
     attempt integer not null,
     created_at timestamptz not null,
     expires_at timestamptz not null,
     offered_at timestamptz,
     acked_at timestamptz,
     settled_at timestamptz not null default now(),
     status jsonb,
     traceparent text,
     constraint settled_jobs_pk primary key (organization_id, id)) partition by range (id)`,
  `create index settled_jobs_cluster on settled_jobs (organization_id, cluster_id, id)`,
  // What people search the history for: jobs that went wrong, newest first, among millions that didn't.
  `create index settled_jobs_wrong on settled_jobs (organization_id, id) where state in ('failed', 'conflict', 'expired')`,
  `create index settled_jobs_number on settled_jobs (organization_id, number)`,
  `create table settled_jobs_default partition of settled_jobs default`,
];

const observed = [
  // Newest observation of each object, one row: conditions keep the position (session, sequence, timestamp) they came from.
  `create table observed_objects (
     organization_id uuid not null,
     cluster_id uuid not null,
     api_version text not null,
     kind text not null,
     namespace text not null,
     name text not null,
     uid text not null,
     present boolean not null default true,
     intent_generation bigint not null default 0,
     spec_digest text,
     is_different boolean not null default false,
     conditions jsonb not null default '[]',
     endpoints jsonb not null default '[]',
     snapshot_id text,
     observed_at timestamptz not null,
     updated_at timestamptz not null default now(),
     constraint observed_objects_pk primary key (organization_id, cluster_id, api_version, kind, namespace, name),
     constraint observed_objects_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id))`,
  `create sequence event_number as integer cycle`,
  `create table events (
     organization_id uuid not null,
     id uuid not null,
     number integer not null default nextval('event_number'),
     cluster_id uuid not null,
     event_key text,
     kind text not null,
     resource_api_version text not null default '',
     resource_kind text not null default '',
     resource_namespace text not null default '',
     resource_name text not null default '',
     body jsonb not null,
     timestamp timestamptz not null,
     received_at timestamptz not null default now(),
     constraint events_pk primary key (organization_id, id)) partition by range (id)`,
  `create index events_cluster on events (organization_id, cluster_id, id)`,
  `create index events_number on events (organization_id, number)`,
  `create table events_default partition of events default`,
  // Apart from events: a unique key on a partitioned table must contain the partition key.
  `create table event_dedup (
     organization_id uuid not null,
     cluster_id uuid not null,
     event_key_hash bytea not null,
     timestamp timestamptz not null,
     received_at timestamptz not null default now(),
     constraint event_dedup_pk primary key (organization_id, cluster_id, event_key_hash, timestamp)) partition by hash (cluster_id)`,
  ...[0, 1, 2, 3].map(
    (part) =>
      `create table event_dedup_${part} partition of event_dedup for values with (modulus 4, remainder ${part})`,
  ),
  `create index event_dedup_age on event_dedup (received_at)`,
  `create table rejected_events (
     organization_id uuid not null,
     id uuid not null,
     cluster_id uuid not null,
     reason text not null,
     body text not null,
     received_at timestamptz not null default now(),
     constraint rejected_events_pk primary key (organization_id, id))`,
  `create index rejected_events_age on rejected_events (received_at)`,
];

const evidence = [
  // Exact bytes of RFC 6962 leaves, not yet sequenced: writers share no lock. The sequencer takes rows by deletion.
  `create sequence audit_number as integer cycle`,
  `create table audit_queue (
     organization_id uuid not null,
     id uuid not null,
     number integer not null default nextval('audit_number'),
     leaf bytea not null,
     queued_at timestamptz not null default now(),
     constraint audit_queue_pk primary key (organization_id, id))`,
  `create index audit_queue_number on audit_queue (organization_id, number)`,
  // Leaves name people by salted hash only; erasing a row here makes the person unnameable, the leaf stays as it is.
  `create table audit_people (
     organization_id uuid not null,
     person text not null,
     salt bytea not null,
     created_at timestamptz not null default now(),
     constraint audit_people_pk primary key (organization_id, person))`,
  `create table request_replays (
     organization_id uuid not null,
     user_id uuid not null,
     request_id text not null,
     digest bytea not null,
     response jsonb not null,
     created_at timestamptz not null default now(),
     constraint request_replays_pk primary key (organization_id, user_id, request_id))`,
  `create index request_replays_age on request_replays (created_at)`,
];

const TENANT_TABLES = [
  "users",
  "api_keys",
  "clusters",
  "cluster_presence",
  "registration_tokens",
  "cluster_credentials",
  "catalog_entries",
  "policies",
  "application_instances",
  "desired_objects",
  "jobs",
  "settled_jobs",
  "observed_objects",
  "events",
  "event_dedup",
  "rejected_events",
  "audit_queue",
  "audit_people",
  "request_replays",
];

/** What a role may do with a table; nothing that isn't listed. */
const PRIVILEGES: readonly (readonly [string, "app" | "worker", string])[] = [
  ["organizations", "app", "select"],
  ["organizations", "worker", "select, insert"],
  ["users", "app", "select, insert, update"],
  ["users", "worker", "select, insert"],
  ["api_keys", "app", "select, insert, update"],
  ["api_keys", "worker", "select, insert, update"],
  ["signing_keys", "worker", "select, insert, update"],
  ["clusters", "app", "select, insert, update"],
  ["clusters", "worker", "select, update"],
  ["cluster_presence", "app", "select, insert, update"],
  ["cluster_presence", "worker", "select, insert, update"],
  ["registration_tokens", "app", "select, insert, update"],
  ["registration_tokens", "worker", "select, delete"],
  ["cluster_credentials", "app", "select, insert, update, delete"],
  ["cluster_credentials", "worker", "select, delete"],
  ["catalog_entries", "app", "select, insert, update, delete"],
  ["policies", "app", "select, insert, update, delete"],
  ["application_instances", "app", "select, insert, update"],
  ["application_instances", "worker", "select, update"],
  ["desired_objects", "app", "select, insert, update"],
  ["desired_objects", "worker", "select, update"],
  ["jobs", "app", "select, insert, update, delete"],
  ["jobs", "worker", "select, insert, update, delete"],
  ["settled_jobs", "app", "select, insert"],
  ["settled_jobs", "worker", "select, insert"],
  ["observed_objects", "app", "select, insert, update, delete"],
  ["observed_objects", "worker", "select"],
  ["events", "app", "select, insert"],
  ["events", "worker", "select"],
  ["event_dedup", "app", "select, insert"],
  ["event_dedup", "worker", "select, delete"],
  ["rejected_events", "app", "select, insert"],
  ["rejected_events", "worker", "select, delete"],
  ["audit_queue", "app", "select, insert"],
  ["audit_queue", "worker", "select, insert, delete"],
  ["audit_people", "app", "select, insert"],
  ["audit_people", "worker", "select, insert"],
  ["request_replays", "app", "select, insert"],
  ["request_replays", "worker", "select, delete"],
];

function grants(roles: Roles): string[] {
  const policies = TENANT_TABLES.flatMap((table) => [
    `alter table ${table} enable row level security`,
    `alter table ${table} force row level security`,
    // nullif: after one set_config(…, true) a pooled connection's setting reads as an empty string, and ''::uuid is an error.
    `create policy tenant on ${table} to ${roles.app}
       using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)
       with check (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on ${table} to ${roles.worker} using (true) with check (true)`,
  ]);
  return [
    `grant usage on schema public to ${roles.app}, ${roles.worker}`,
    `alter table organizations enable row level security`,
    `alter table organizations force row level security`,
    `create policy tenant on organizations to ${roles.app} using (id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on organizations to ${roles.worker} using (true) with check (true)`,
    ...policies,
    ...PRIVILEGES.map(
      ([table, role, privileges]) =>
        `grant ${privileges} on ${table} to ${roles[role]}`,
    ),
    `grant select on schema_migrations to ${roles.worker}`,
    `grant usage on sequence job_number, event_number, audit_number to ${roles.app}, ${roles.worker}`,
    ...lookups(roles),
    ...partitions(roles),
  ];
}

/** Who presents a secret has no organization yet: exactly one row is found, by its exact hash, and nothing else. */
function lookups(roles: Roles): string[] {
  return [
    `create policy lookup on users for select to ${roles.owner} using (true)`,
    `create policy lookup on api_keys for select to ${roles.owner} using (true)`,
    `create policy lookup on registration_tokens for select to ${roles.owner} using (true)`,
    `create function find_api_key(hash bytea) returns table (organization_id uuid, key_id uuid, user_id uuid, user_number integer, login text, role text)
       language sql stable security definer set search_path = public, pg_temp
       begin atomic
         select k.organization_id, k.id, u.id, u.number, u.login, u.role
         from api_keys k join users u on u.organization_id = k.organization_id and u.id = k.user_id
         where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now()) and u.active;
       end`,
    `create function find_registration_token(hash bytea) returns table (organization_id uuid, token_id uuid)
       language sql stable security definer set search_path = public, pg_temp
       begin atomic
         select t.organization_id, t.id from registration_tokens t where t.token_hash = hash;
       end`,
    `revoke all on function find_api_key(bytea), find_registration_token(bytea) from public`,
    `grant execute on function find_api_key(bytea), find_registration_token(bytea) to ${roles.app}`,
  ];
}

/** Months of a table that grows with time: made ahead, dropped when wholly older than the retention. */
function partitions(roles: Roles): string[] {
  return [
    `create function maintain_partitions(parent regclass, months_ahead integer, retention interval) returns void
       language plpgsql security definer set search_path = public, pg_temp as $$
     declare
       month timestamptz := date_trunc('month', now(), 'UTC');
       part record;
     begin
       if parent not in ('settled_jobs'::regclass, 'events'::regclass) then
         raise exception 'maintain_partitions: % is no table that grows with time', parent;
       end if;
       for step in 0..months_ahead loop
         begin
           execute format('create table if not exists %I partition of %s for values from (%L) to (%L)',
             parent::text || '_' || to_char((month + make_interval(months => step)) at time zone 'UTC', 'YYYYMM'), parent,
             uuid_floor(month + make_interval(months => step)), uuid_floor(month + make_interval(months => step + 1)));
         exception when check_violation then
           null; -- rows of that month are in the default partition already: they stay there
         end;
       end loop;
       for part in
         select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = parent and c.relname ~ '_[0-9]{6}$'
           and to_timestamp(right(c.relname, 6) || '01 00:00:00 +00', 'YYYYMMDD HH24:MI:SS TZH') + interval '1 month' < now() - retention
       loop
         execute format('drop table %I', part.relname);
       end loop;
     end $$`,
    `revoke all on function maintain_partitions(regclass, integer, interval) from public`,
    `grant execute on function maintain_partitions(regclass, integer, interval) to ${roles.worker}`,
    `select maintain_partitions('settled_jobs', 3, interval '100 years'), maintain_partitions('events', 3, interval '100 years')`,
  ];
}
