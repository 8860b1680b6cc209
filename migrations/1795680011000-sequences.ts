import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly app: string;
  readonly worker: string;
}

/**
 * Sequences of operations. Expands only: the previous release neither reads nor writes any of it, and what it adds to
 * operations may be absent.
 */
export class Sequences1795680011000 implements MigrationInterface {
  readonly name = "Sequences1795680011000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    for (const statement of [...sequences, ...operations, ...grants(roles)])
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

const UNDER_WAY = "state not in ('succeeded', 'failed', 'cancelled')";

const sequences = [
  `create table operation_sequences (
     organization_id uuid not null,
     id uuid not null,
     number integer generated always as identity,
     name text not null,
     template text not null,
     definition jsonb not null,
     cluster_id uuid not null,
     instance_id uuid not null,
     copy_instance_id uuid,
     parameters_json text not null,
     steps jsonb not null default '[]',
     approvals jsonb not null default '[]',
     state text not null constraint operation_sequences_state
       check (state in ('requested', 'awaiting_approval', 'blocked', 'running', 'succeeded', 'failed', 'cancelled')),
     reason text not null default '',
     message text not null default '',
     progress text not null default '',
     cancel boolean not null default false,
     confirmed_by uuid,
     confirmed_at timestamptz,
     next_look timestamptz,
     external_ref text,
     requested_by uuid not null,
     on_behalf_of jsonb,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     finished_at timestamptz,
     constraint operation_sequences_pk primary key (organization_id, id),
     constraint operation_sequences_number unique (organization_id, number),
     constraint operation_sequences_instance foreign key (organization_id, instance_id) references application_instances (organization_id, id))`,
  // In the order that lists have.
  `create index operation_sequences_of_instance on operation_sequences (organization_id, instance_id, number)`,
  // One at a time on an instance, whoever asks first.
  `create unique index operation_sequences_under_way on operation_sequences (organization_id, instance_id) where ${UNDER_WAY}`,
  `create index operation_sequences_copy on operation_sequences (organization_id, copy_instance_id) where copy_instance_id is not null and ${UNDER_WAY}`,
  `create unique index operation_sequences_external_ref on operation_sequences (organization_id, external_ref) where external_ref is not null`,
  // All that the sweep looks at, whatever the number of sequences.
  `create index operation_sequences_due on operation_sequences (next_look) where next_look is not null`,
];

const operations = [
  `alter table operations add column sequence_id uuid`,
  `alter table operations add column sequence_step text`,
  // Once per step, whatever is killed in between.
  `create unique index operations_of_sequence on operations (organization_id, sequence_id, sequence_step) where sequence_id is not null`,
];

function grants({ app, worker }: Roles): string[] {
  return [
    `alter table operation_sequences enable row level security`,
    `alter table operation_sequences force row level security`,
    `create policy tenant on operation_sequences to ${app}
       using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)
       with check (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on operation_sequences to ${worker} using (true) with check (true)`,
    `grant select on operation_sequences to ${worker}`,
    `grant select, insert, update on operation_sequences to ${app}`,
  ];
}
