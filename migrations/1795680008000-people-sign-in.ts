import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly owner: string;
  readonly app: string;
  readonly worker: string;
}

/**
 * People who sign in at an OpenID provider: which of its subjects is which user, and who is signed in. Expands only: the
 * previous release knows of neither.
 */
export class PeopleSignIn1795680008000 implements MigrationInterface {
  readonly name = "PeopleSignIn1795680008000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_user) as owner, quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    for (const statement of [...tables, ...grants(roles), ...lookups(roles)])
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

const tables = [
  // linked_by: the admin; not set for the gateway's operator.
  `create table user_identities (
     organization_id uuid not null,
     id uuid not null,
     number integer generated always as identity,
     user_id uuid not null,
     issuer text not null,
     subject text not null,
     linked_at timestamptz not null default now(),
     linked_by uuid,
     ended_at timestamptz,
     constraint user_identities_pk primary key (organization_id, id),
     constraint user_identities_number unique (organization_id, number),
     constraint user_identities_user foreign key (organization_id, user_id) references users (organization_id, id))`,
  `create unique index user_identities_live on user_identities (organization_id, issuer, subject) where ended_at is null`,
  // Who comes from the provider names no organization yet.
  `create index user_identities_subject on user_identities (issuer, subject) where ended_at is null`,
  `create index user_identities_of_user on user_identities (organization_id, user_id)`,
  // secret_hash: HMAC of the cookie. authenticated_at, amr: when and how the provider says that the person proved himself.
  `create table user_sessions (
     organization_id uuid not null,
     id uuid not null,
     number integer generated always as identity,
     user_id uuid not null,
     identity_id uuid not null,
     secret_hash bytea not null,
     authenticated_at timestamptz not null,
     amr jsonb not null default '[]',
     created_at timestamptz not null default now(),
     expires_at timestamptz not null,
     ended_at timestamptz,
     constraint user_sessions_pk primary key (organization_id, id),
     constraint user_sessions_number unique (organization_id, number),
     constraint user_sessions_user foreign key (organization_id, user_id) references users (organization_id, id),
     constraint user_sessions_identity foreign key (organization_id, identity_id) references user_identities (organization_id, id))`,
  `create index user_sessions_secret on user_sessions (secret_hash)`,
  `create index user_sessions_of_user on user_sessions (organization_id, user_id)`,
  `create index user_sessions_of_identity on user_sessions (organization_id, identity_id)`,
];

function grants({ app, worker }: Roles): string[] {
  return ["user_identities", "user_sessions"].flatMap((table) => [
    `alter table ${table} enable row level security`,
    `alter table ${table} force row level security`,
    `create policy tenant on ${table} to ${app}
       using (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)
       with check (organization_id = nullif(current_setting('vw.organization', true), '')::uuid)`,
    `create policy everything on ${table} to ${worker} using (true) with check (true)`,
    `grant select, insert, update on ${table} to ${app}`,
    // The sweep removes what has ended long ago.
    `grant select, delete on ${table} to ${worker}`,
  ]);
}

/** Who comes with a subject or a cookie has no organization yet: what is found is its own rows, by exact values, and nothing else. */
function lookups({ owner, app }: Roles): string[] {
  return [
    ...["organizations", "user_identities", "user_sessions"].map(
      (table) =>
        `create policy lookup on ${table} for select to ${owner} using (true)`,
    ),
    `create function find_linked_users(of_issuer text, of_subject text) returns table (organization_id uuid, organization_code text,
         organization_name text, identity_id uuid, user_id uuid, active boolean)
       language sql stable security definer set search_path = public, pg_temp
       begin atomic
         select o.id, o.code, o.name, i.id, u.id, u.active
         from user_identities i
           join users u on u.organization_id = i.organization_id and u.id = i.user_id
           join organizations o on o.id = i.organization_id
         where i.issuer = of_issuer and i.subject = of_subject and i.ended_at is null
         order by o.code;
       end`,
    `create function find_user_session(hash bytea) returns table (organization_id uuid, organization_code text, session_id uuid,
         identity_id uuid, issuer text, authenticated_at timestamptz, amr jsonb, expires_at timestamptz, user_id uuid, user_number integer,
         login text, name text, role text)
       language sql stable security definer set search_path = public, pg_temp
       begin atomic
         select o.id, o.code, s.id, i.id, i.issuer, s.authenticated_at, s.amr, s.expires_at, u.id, u.number, u.login, u.name, u.role
         from user_sessions s
           join user_identities i on i.organization_id = s.organization_id and i.id = s.identity_id and i.user_id = s.user_id
           join users u on u.organization_id = s.organization_id and u.id = s.user_id
           join organizations o on o.id = s.organization_id
         where s.secret_hash = hash and s.ended_at is null and s.expires_at > now() and i.ended_at is null and u.active;
       end`,
    `revoke all on function find_linked_users(text, text), find_user_session(bytea) from public`,
    `grant execute on function find_linked_users(text, text), find_user_session(bytea) to ${app}`,
  ];
}
