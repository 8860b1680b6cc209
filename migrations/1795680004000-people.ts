import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * API keys as records that people see: a number, a name, what they may be used for, and who issued them. Expands only: the
 * previous release finds its keys as before, and what it adds may be used for everything.
 */
export class People1795680004000 implements MigrationInterface {
  readonly name = "People1795680004000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.app_role')) as app",
    )) as [{ app: string }];
    for (const statement of statements(roles.app))
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

function statements(app: string): string[] {
  return [
    `alter table api_keys
       add column number integer generated always as identity,
       add column name text not null default '',
       add column scopes jsonb not null default '["all"]',
       add column issued_by uuid,
       add constraint api_keys_number unique (organization_id, number)`,
    `create index api_keys_user on api_keys (organization_id, user_id)`,
    // As find_api_key, which the previous release calls; besides, which key it is and what it may be used for.
    `create function find_signed_in(hash bytea) returns table (organization_id uuid, key_id uuid, scopes jsonb, key_expires_at timestamptz,
         user_id uuid, user_number integer, login text, role text)
       language sql stable security definer set search_path = public, pg_temp
       begin atomic
         select k.organization_id, k.id, k.scopes, k.expires_at, u.id, u.number, u.login, u.role
         from api_keys k join users u on u.organization_id = k.organization_id and u.id = k.user_id
         where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now()) and u.active;
       end`,
    `revoke all on function find_signed_in(bytea) from public`,
    `grant execute on function find_signed_in(bytea) to ${app}`,
  ];
}
