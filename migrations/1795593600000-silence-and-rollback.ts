import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly app: string;
  readonly worker: string;
}

/**
 * When the gateway could be heard, because a cluster's silence counts only while somebody listened; and what instances were to
 * be before their changes, because people go back. Expands only: the previous release neither reads nor writes it.
 */
export class SilenceAndRollback1795593600000 implements MigrationInterface {
  readonly name = "SilenceAndRollback1795593600000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    // One row per stretch of a replica's life; the gateway's own, no tenant's. `heard_until` moves with every sweep.
    await runner.query(
      `create table gateway_listening (
         id uuid not null,
         since timestamptz not null,
         heard_until timestamptz not null,
         constraint gateway_listening_pk primary key (id),
         constraint gateway_listening_order check (since <= heard_until))
         with (fillfactor = 50)`,
    );
    await runner.query(`grant select on gateway_listening to ${roles.app}`);
    await runner.query(
      `grant select, insert, update, delete on gateway_listening to ${roles.worker}`,
    );
    // Only the newest refused events of a cluster are kept.
    await runner.query(
      "create index rejected_events_cluster on rejected_events (organization_id, cluster_id, id)",
    );
    await runner.query(`grant delete on rejected_events to ${roles.app}`);
    for (const statement of formerIntents(roles)) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

/** A row per intent that a change has replaced, under the generation that it had then; the newest few of each instance. */
function formerIntents({ app, worker }: Roles): string[] {
  return [
    `create table former_intents (
       organization_id uuid not null,
       instance_id uuid not null,
       generation bigint not null,
       catalog_entry_id uuid not null,
       chart_version text not null,
       values_json text not null,
       values_secret_ref jsonb,
       integrations jsonb not null,
       replaced_at timestamptz not null default now(),
       constraint former_intents_pk primary key (organization_id, instance_id, generation),
       constraint former_intents_instance foreign key (organization_id, instance_id)
         references application_instances (organization_id, id) on delete cascade)`,
    `alter table former_intents enable row level security`,
    `alter table former_intents force row level security`,
    `create policy tenant on former_intents to ${app}
       using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)
       with check (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on former_intents to ${worker} using (true) with check (true)`,
    `grant select, insert, delete on former_intents to ${app}`,
  ];
}
