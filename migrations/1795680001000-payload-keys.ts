import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly app: string;
  readonly worker: string;
}

/** Public keys that payloads for a cluster are encrypted to. Its agent makes the pairs; private halves never leave the cluster. */
export class PayloadKeys1795680001000 implements MigrationInterface {
  readonly name = "PayloadKeys1795680001000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    for (const statement of statements(roles)) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

function statements({ app, worker }: Roles): string[] {
  return [
    // What an agent gave with a credential; without a key where it registered and gave none: then it has no former one either.
    // They stay for whoever asks later what a job was encrypted to.
    `create table cluster_encryption_keys (
       organization_id uuid not null,
       credential_id uuid not null,
       cluster_id uuid not null,
       kid text,
       public_jwk jsonb,
       created_at timestamptz not null default now(),
       constraint cluster_encryption_keys_whole check ((kid is null) = (public_jwk is null)),
       constraint cluster_encryption_keys_pk primary key (organization_id, credential_id),
       constraint cluster_encryption_keys_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id) on delete cascade)`,
    // Ids are time-ordered: the newest of a cluster is its last.
    `create index cluster_encryption_keys_newest on cluster_encryption_keys (organization_id, cluster_id, credential_id desc)`,
    `alter table cluster_encryption_keys enable row level security`,
    `alter table cluster_encryption_keys force row level security`,
    `create policy tenant on cluster_encryption_keys to ${app}
       using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)
       with check (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on cluster_encryption_keys to ${worker} using (true) with check (true)`,
    `grant select, insert on cluster_encryption_keys to ${app}`,
    `grant select on cluster_encryption_keys to ${worker}`,
  ];
}
