import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly app: string;
  readonly worker: string;
}

/**
 * Where requests come from: counts of failed attempts by address, and the addresses that audit entries have hashes of. Expands
 * only: the previous release counts nothing and writes entries without addresses.
 */
export class Sources1795680007000 implements MigrationInterface {
  readonly name = "Sources1795680007000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    for (const statement of [
      ...failures(roles),
      ...addresses(roles),
      // Its admins write it; row-level security keeps them to their own.
      `grant update (name) on organizations to ${roles.app}`,
      // What nobody needs again is swept.
      `create index cluster_certificates_end on cluster_certificates (expires_at)`,
      `grant delete on cluster_encryption_keys to ${roles.worker}`,
    ])
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

/** The gateway's own, no tenant's: who fails has no organization. Unlogged: a crash forgives, and a failure costs no flush. */
function failures({ app, worker }: Roles): string[] {
  return [
    // digest: HMAC of the address under the master key.
    `create unlogged table failed_attempts (
       digest bytea not null,
       attempts integer not null,
       ends_at timestamptz not null,
       constraint failed_attempts_pk primary key (digest))`,
    `create index failed_attempts_end on failed_attempts (ends_at)`,
    `grant select, insert, update on failed_attempts to ${app}`,
    `grant select, delete on failed_attempts to ${worker}`,
    // For the evidence of failed sign-ins: whose login was tried, in whatever organization.
    `create index users_by_login on users (login)`,
    `create index users_by_number on users (number)`,
  ];
}

function addresses({ app, worker }: Roles): string[] {
  return [
    // Leaves have addresses by salted hash only; erasing a row here makes the address unnameable, the leaf stays as it is.
    `create table audit_addresses (
       organization_id uuid not null,
       address text not null,
       salt bytea not null,
       hash text not null,
       created_at timestamptz not null default now(),
       constraint audit_addresses_pk primary key (organization_id, address))`,
    `create index audit_addresses_hash on audit_addresses (organization_id, hash)`,
    `alter table audit_addresses enable row level security`,
    `alter table audit_addresses force row level security`,
    `create policy tenant on audit_addresses to ${app}
       using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)
       with check (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on audit_addresses to ${worker} using (true) with check (true)`,
    `grant select, insert on audit_addresses to ${app}, ${worker}`,
  ];
}
