import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly app: string;
  readonly worker: string;
}

/** The CAs that sign what agents present, and what they signed. Expands only. */
export class Certificates1795680002000 implements MigrationInterface {
  readonly name = "Certificates1795680002000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    for (const statement of [
      ...authorities(roles),
      ...clusterCertificates(roles),
    ])
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

/** The gateway's own, no tenant's. id: x5t#S256 of the certificate. */
function authorities({ worker }: Roles): string[] {
  return [
    `create table certificate_authorities (
       id text not null,
       root_id text,
       certificate text not null,
       state text not null constraint certificate_authorities_state
         check (state in ('root', 'new', 'trusted', 'issuing', 'distrusted', 'ended')),
       created_at timestamptz not null default now(),
       constraint certificate_authorities_pk primary key (id),
       constraint certificate_authorities_root foreign key (root_id) references certificate_authorities (id))`,
    `create index certificate_authorities_root_id on certificate_authorities (root_id)`,
    `create unique index certificate_authorities_one_issues on certificate_authorities (state) where state in ('issuing', 'root')`,
    // Apart, so that a key can go while its certificate stays.
    `create table certificate_authority_keys (
       id text not null,
       sealed bytea not null,
       constraint certificate_authority_keys_pk primary key (id),
       constraint certificate_authority_keys_of foreign key (id) references certificate_authorities (id) on delete cascade)`,
    `grant select, insert, update, delete on certificate_authorities, certificate_authority_keys to ${worker}`,
  ];
}

function clusterCertificates({ app, worker }: Roles): string[] {
  return [
    // issuer: id of the CA, which may also be one of a file. serial: lower-case hex.
    `create table cluster_certificates (
       organization_id uuid not null,
       issuer text not null,
       serial text not null,
       cluster_id uuid not null,
       thumbprint text not null,
       expires_at timestamptz not null,
       revoked_at timestamptz,
       created_at timestamptz not null default now(),
       constraint cluster_certificates_pk primary key (organization_id, issuer, serial),
       constraint cluster_certificates_cluster foreign key (organization_id, cluster_id) references clusters (organization_id, id) on delete cascade)`,
    `create index cluster_certificates_serial on cluster_certificates (serial)`,
    `create index cluster_certificates_cluster_id on cluster_certificates (organization_id, cluster_id)`,
    `alter table cluster_certificates enable row level security`,
    `alter table cluster_certificates force row level security`,
    // nullif: after one set_config(…, true) a pooled connection's setting reads as an empty string, and ''::uuid is an error.
    `create policy tenant on cluster_certificates to ${app}
       using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)
       with check (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on cluster_certificates to ${worker} using (true) with check (true)`,
    `grant select, insert on cluster_certificates to ${app}`,
    `grant select, update, delete on cluster_certificates to ${worker}`,
  ];
}
