import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly app: string;
  readonly worker: string;
}

/**
 * Operations, the schedules that make them, and what is needed so that one that has ended is never carried again. Expands
 * only: the previous release neither reads nor writes any of it, and what it adds to older tables has defaults.
 */
export class Operations1795680009000 implements MigrationInterface {
  readonly name = "Operations1795680009000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    for (const statement of [
      ...delivery,
      ...schedules,
      ...operations,
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

const delivery = [
  // What was done once must not be done again: a retired state is issued no more, whatever the cluster lacks.
  `alter table desired_objects add column is_retired boolean not null default false`,
  // What events tell of an operation besides its conditions, merged as those are.
  `alter table observed_objects add column detail jsonb not null default '{}'`,
];

const schedules = [
  `create table operation_schedules (
     organization_id uuid not null,
     id uuid not null,
     number integer generated always as identity,
     name text not null,
     cluster_id uuid not null,
     instance_id uuid not null,
     type text not null,
     engine text not null,
     parameters_json text not null,
     cron text not null,
     timezone text not null,
     keep integer,
     active boolean not null,
     next_run timestamptz,
     last_run timestamptz,
     last_problem text not null default '',
     missed_count integer not null default 0,
     skipped_count integer not null default 0,
     external_ref text,
     requested_by uuid not null,
     on_behalf_of jsonb,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     constraint operation_schedules_pk primary key (organization_id, id),
     constraint operation_schedules_number unique (organization_id, number),
     constraint operation_schedules_keep check (keep > 0),
     constraint operation_schedules_instance foreign key (organization_id, instance_id) references application_instances (organization_id, id))`,
  // All that the sweep looks at, whatever the number of schedules.
  `create index operation_schedules_due on operation_schedules (next_run) where active and next_run is not null`,
  `create index operation_schedules_instance on operation_schedules (organization_id, instance_id)`,
  `create unique index operation_schedules_external_ref on operation_schedules (organization_id, external_ref) where external_ref is not null`,
];

const operations = [
  `create table operations (
     organization_id uuid not null,
     id uuid not null,
     number integer generated always as identity,
     cluster_id uuid not null,
     instance_id uuid not null,
     namespace text not null,
     name text not null,
     type text not null,
     engine text not null,
     parameters_json text not null,
     require_ready boolean not null default false,
     exclusive boolean not null default false,
     timeout_seconds integer,
     state text not null constraint operations_state
       check (state in ('requested', 'awaiting_approval', 'delivering', 'blocked', 'running', 'succeeded', 'failed', 'cancelled')),
     approval_state text not null constraint operations_approval_state
       check (approval_state in ('not_required', 'required', 'approved', 'rejected')),
     approval_claim text,
     approved_by uuid,
     approved_at timestamptz,
     rejected_by uuid,
     rejected_at timestamptz,
     cancel boolean not null default false,
     generation bigint not null default 0,
     observed_generation bigint not null default 0,
     phase text not null default '',
     reason text not null default '',
     message text not null default '',
     progress text not null default '',
     degraded boolean not null default false,
     conditions jsonb not null default '[]',
     outputs jsonb not null default '{}',
     started_at timestamptz,
     finished_at timestamptz,
     upgrade text not null default 'none' constraint operations_upgrade check (upgrade in ('none', 'due', 'issued', 'refused')),
     instance_generation bigint,
     object_ends_at timestamptz,
     external_ref text,
     schedule_id uuid,
     due_at timestamptz,
     requested_by uuid not null,
     on_behalf_of jsonb,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     constraint operations_pk primary key (organization_id, id),
     constraint operations_number unique (organization_id, number),
     constraint operations_place unique (organization_id, cluster_id, namespace, name),
     constraint operations_instance foreign key (organization_id, instance_id) references application_instances (organization_id, id))`,
  // In the order that lists have, and what is under way of one instance.
  `create index operations_instance on operations (organization_id, instance_id, number)`,
  `create unique index operations_external_ref on operations (organization_id, external_ref) where external_ref is not null`,
  // Once per schedule and due time, whichever replica looks first.
  `create unique index operations_due on operations (organization_id, schedule_id, due_at) where schedule_id is not null`,
  `create index operations_of_schedule on operations (organization_id, schedule_id)
     where schedule_id is not null and state not in ('succeeded', 'failed', 'cancelled')`,
  `create index operations_kept on operations (organization_id, schedule_id, due_at) where schedule_id is not null and object_ends_at is not null`,
  // The newest proven backup of an instance.
  `create index operations_backup on operations (organization_id, instance_id, finished_at)
     where type = 'Backup' and state = 'succeeded' and not degraded`,
  // All that the sweep looks at, whatever the number of operations.
  `create index operations_upgrade_due on operations (updated_at) where upgrade = 'due'`,
  `create index operations_object_end on operations (object_ends_at) where object_ends_at is not null`,
];

function grants({ app, worker }: Roles): string[] {
  const tenancy = ["operations", "operation_schedules"].flatMap((table) => [
    `alter table ${table} enable row level security`,
    `alter table ${table} force row level security`,
    `create policy tenant on ${table} to ${app}
       using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)
       with check (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on ${table} to ${worker} using (true) with check (true)`,
    `grant select on ${table} to ${worker}`,
  ]);
  return [
    ...tenancy,
    `grant select, insert, update on operations to ${app}`,
    `grant select, insert, update, delete on operation_schedules to ${app}`,
  ];
}
