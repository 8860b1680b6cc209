import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly app: string;
  readonly worker: string;
}

/**
 * What a credential is bound to and where it was registered from; keys that sign cluster tokens in turns; the key of the
 * hashes, sealed; the count by which the copy outside the database tells which of the two is newer. Expands only: the
 * previous release takes a key that has not begun to sign for one that has ended, and goes on verifying with it.
 */
export class Credentials1795680003000 implements MigrationInterface {
  readonly name = "Credentials1795680003000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    for (const statement of [
      ...credentials,
      ...signingKeys,
      ...gatewayTables(roles),
    ])
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

const credentials = [
  // certificate_key: hash of the certificate's public key, by which an ended credential may still be renewed.
  `alter table cluster_credentials
     add column certificate_key text,
     add column is_unconfirmed boolean not null default false,
     add column registered_uid text,
     add column registered_address text`,
  `create index cluster_credentials_registration on cluster_credentials (organization_id, registration_token_id) where registration_token_id is not null`,
  `create index cluster_credentials_unconfirmed on cluster_credentials (organization_id, cluster_id) where is_unconfirmed`,
  `alter table clusters add column credential_reuse_at timestamptz`,
  `alter table policies add column confirm_registration boolean not null default false`,
];

const signingKeys = [
  // A key signs from signs_from until retired_at, and verifies until verifies_until. One that has not begun to sign is
  // retired at infinity: so there is one current key per purpose at any time, also for the previous release.
  `alter table signing_keys
     add column signs_from timestamptz,
     add column verifies_until timestamptz`,
];

/** The gateway's own, no tenant's. */
function gatewayTables({ app, worker }: Roles): string[] {
  return [
    `create table sealed_keys (
       purpose text not null,
       sealed bytea not null,
       created_at timestamptz not null default now(),
       constraint sealed_keys_pk primary key (purpose))`,
    `grant select, insert, update on sealed_keys to ${worker}`,
    // Every name under which this gateway has issued tokens: a token names the one of its day.
    `create table token_issuers (
       issuer text not null,
       first_used_at timestamptz not null default now(),
       constraint token_issuers_pk primary key (issuer))`,
    `grant select, insert on token_issuers to ${worker}`,
    // One row: rises with every change of what the copy outside the database holds, in the change's transaction.
    `create table trust_version (
       is_only boolean not null default true,
       version bigint not null default 0,
       constraint trust_version_pk primary key (is_only),
       constraint trust_version_only check (is_only))`,
    `insert into trust_version default values`,
    `grant select, update on trust_version to ${app}, ${worker}`,
    // The copy is compared with the clusters as a whole, and a restored database is put right.
    `grant update on cluster_credentials, registration_tokens to ${worker}`,
  ];
}
