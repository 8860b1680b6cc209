import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly owner: string;
  readonly app: string;
  readonly worker: string;
}

/**
 * Odoo databases that are paired with an organization, and what each of them has yet to be told. Expands only: the previous
 * release neither reads nor writes any of it; its changes are noted by the triggers all the same.
 */
export class OdooDatabases1795680020000 implements MigrationInterface {
  readonly name = "OdooDatabases1795680020000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_user) as owner, quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    for (const statement of [
      ...references,
      ...databases,
      ...outbox,
      ...triggers,
      ...grants(roles),
    ])
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

/** What an Odoo calls a record, and the version of its intent; as instances have them. */
const references = [
  ...["catalog_entries", "policies"].flatMap((table) => [
    `alter table ${table} add column external_ref text, add column intent_version bigint`,
    `create unique index ${table}_external_ref on ${table} (organization_id, external_ref) where external_ref is not null`,
  ]),
  `alter table operations add column intent_version bigint`,
  // What was last noted of a cluster's connection, so that only a change of it is told.
  `alter table clusters add column connected_noted boolean not null default false`,
];

const databases = [
  `create table odoo_databases (
     organization_id uuid not null constraint odoo_databases_organization references organizations (id),
     id uuid not null,
     number integer generated always as identity,
     name text not null,
     state text not null default 'new' constraint odoo_databases_state check (state in ('new', 'paired', 'disabled')),
     protocol text not null default 'auto' constraint odoo_databases_protocol check (protocol in ('auto', 'json2', 'xmlrpc')),
     pairing_hash bytea,
     pairing_expires_at timestamptz,
     user_id uuid,
     database_uuid text,
     url text not null default '',
     database text not null default '',
     login text not null default '',
     wrapped_key bytea,
     paired_at timestamptz,
     epoch text,
     sent_sequence bigint not null default 0,
     acknowledged_sequence bigint not null default 0,
     failures integer not null default 0,
     next_try_at timestamptz,
     last_error text not null default '',
     last_delivered_at timestamptz,
     last_compared_at timestamptz,
     last_comparison jsonb not null default '{}',
     created_at timestamptz not null default now(),
     constraint odoo_databases_pk primary key (organization_id, id),
     constraint odoo_databases_number unique (organization_id, number),
     constraint odoo_databases_name unique (organization_id, name),
     constraint odoo_databases_user foreign key (organization_id, user_id) references users (organization_id, id),
     constraint odoo_databases_bound check (state <> 'paired' or (user_id is not null and database_uuid is not null and wrapped_key is not null and epoch is not null)))
     with (fillfactor = 50)`,
  // A user speaks for one Odoo, and an Odoo through one user.
  `create unique index odoo_databases_of_user on odoo_databases (organization_id, user_id) where user_id is not null`,
  `create unique index odoo_databases_uuid on odoo_databases (organization_id, database_uuid) where database_uuid is not null`,
  // All that the sender and every trigger look at, whatever the number of organizations.
  `create index odoo_databases_paired on odoo_databases (organization_id) where state = 'paired'`,
];

const outbox = [
  // A sequence of PostgreSQL and no counter in a row: writers of one organization don't wait for each other. Numbers of one
  // record rise as its changes commit, since each change holds the record.
  `create sequence odoo_sequence as bigint`,
  // One row per record that an Odoo has to be told of; its state is read when it is sent. model: 1 cluster, 2 catalog entry,
  // 3 policy, 4 application instance, 5 operation, 6 job: what refers to others comes after them.
  `create table odoo_outbox (
     organization_id uuid not null,
     database_id uuid not null,
     model smallint not null constraint odoo_outbox_model check (model between 1 and 6),
     record_id uuid not null,
     sequence bigint not null default nextval('odoo_sequence'),
     status text not null default 'waiting' constraint odoo_outbox_status check (status in ('waiting', 'parked', 'refused')),
     problem text not null default '',
     queued_at timestamptz not null default now(),
     constraint odoo_outbox_pk primary key (organization_id, database_id, model, record_id),
     constraint odoo_outbox_database foreign key (organization_id, database_id) references odoo_databases (organization_id, id) on delete cascade)
     with (fillfactor = 70)`,
  `create index odoo_outbox_waiting on odoo_outbox (organization_id, database_id, model, sequence) where status = 'waiting'`,
  `create index odoo_outbox_held on odoo_outbox (organization_id, database_id) where status <> 'waiting'`,
];

/**
 * In the transaction of the change, whatever statement makes it. As whoever makes it, so that row-level security holds. Where
 * no Odoo is paired it costs one look into an empty index per changed row. Measured as CPU time of PostgreSQL with 4,000 jobs,
 * made, offered and settled in one statement each: 30, 18 and 10 microseconds per job without the triggers, 46, 32 and 24 with
 * them, and 152, 131 and 115 where an Odoo is paired. An insert that selects from the pairings, instead of a loop over them,
 * costs 56, 39 and 35, and 168, 131 and 144. A renewed lease, which most updates of jobs are, fires none of them.
 * Its arguments: the model, and the column that leads to the record where it isn't the row itself.
 */
const triggers = [
  `create function note_for_odoo() returns trigger language plpgsql as $$
   declare
     paired record;
     noted uuid;
   begin
     for paired in select d.organization_id, d.id from odoo_databases d
       where d.organization_id = coalesce(new.organization_id, old.organization_id) and d.state = 'paired' loop
       noted := coalesce(new.id, old.id);
       if tg_nargs > 1 then noted := new.instance_id; end if;
       insert into odoo_outbox (organization_id, database_id, model, record_id)
       values (paired.organization_id, paired.id, tg_argv[0]::smallint, noted)
       on conflict (organization_id, database_id, model, record_id) do update set sequence = nextval('odoo_sequence'), status = 'waiting',
         problem = '', queued_at = case when odoo_outbox.status = 'waiting' then odoo_outbox.queued_at else now() end;
     end loop;
     return null;
   end $$`,
  noting("clusters_made", "insert on clusters", "1"),
  noting(
    "clusters_changed",
    "update on clusters",
    "1",
    `(old.name, old.connectivity_mode, old.state, old.agent_version, old.conditions, old.simulated, old.connected_noted) is distinct from
     (new.name, new.connectivity_mode, new.state, new.agent_version, new.conditions, new.simulated, new.connected_noted)`,
  ),
  noting(
    "catalog_entries_changed",
    "insert or update or delete on catalog_entries",
    "2",
  ),
  noting("policies_changed", "insert or update or delete on policies", "3"),
  noting(
    "application_instances_changed",
    "insert or update on application_instances",
    "4",
  ),
  noting("operations_changed", "insert or update on operations", "5"),
  // A backup that succeeded is the instance's newest.
  noting(
    "operations_proven",
    "update of state on operations",
    "4, 'instance_id'",
    "new.type = 'Backup' and new.state = 'succeeded' and old.state <> 'succeeded'",
  ),
  noting("jobs_made", "insert on jobs", "6"),
  noting(
    "jobs_changed",
    "update on jobs",
    "6",
    "(old.state, old.attempt, old.acked_at) is distinct from (new.state, new.attempt, new.acked_at)",
  ),
  noting("settled_jobs_made", "insert on settled_jobs", "6"),
];

function noting(
  name: string,
  event: string,
  model: string,
  when = "true",
): string {
  return `create trigger ${name} after ${event} for each row when (${when}) execute function note_for_odoo(${model})`;
}

function grants({ owner, app, worker }: Roles): string[] {
  const tenancy = ["odoo_databases", "odoo_outbox"].flatMap((table) => [
    `alter table ${table} enable row level security`,
    `alter table ${table} force row level security`,
    `create policy tenant on ${table} to ${app}
       using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)
       with check (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on ${table} to ${worker} using (true) with check (true)`,
  ]);
  return [
    ...tenancy,
    // A change of the master key seals anew what is in there, as the owner.
    `create policy rewrap on odoo_databases to ${owner} using (true) with check (true)`,
    `grant select, insert, update on odoo_databases to ${app}, ${worker}`,
    `grant select, insert, update, delete on odoo_outbox to ${app}`,
    `grant select, insert, update on odoo_outbox to ${worker}`,
    `grant usage on sequence odoo_sequence to ${app}, ${worker}`,
  ];
}
