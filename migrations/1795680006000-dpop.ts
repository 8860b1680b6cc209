import type { MigrationInterface, QueryRunner } from "typeorm";

interface Roles {
  readonly app: string;
  readonly worker: string;
}

/**
 * Which proofs of possession (RFC 9449) were used, so that none counts twice. Expands only: the previous release knows of no
 * proofs. The tables are unlogged, so that a request costs no flush; docs/adr/0010 says why a crash lets nobody replay.
 */
export class Dpop1795680006000 implements MigrationInterface {
  readonly name = "Dpop1795680006000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.app_role')) as app, quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [Roles];
    for (const statement of [...tables(roles), ...forgetting(roles)])
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}

/** The gateway's own, no tenant's. */
function tables({ app }: Roles): string[] {
  return [
    // One row, made when it is missing: nonces count only for the memory that they were given out with.
    `create unlogged table dpop_epoch (
       is_only boolean not null default true,
       epoch uuid not null default gen_random_uuid(),
       constraint dpop_epoch_pk primary key (is_only),
       constraint dpop_epoch_only check (is_only))`,
    `grant select, insert on dpop_epoch to ${app}`,
    // digest: SHA-256 of key thumbprint and jti. slot: the window of the proof's nonce, modulo six; what is over is emptied.
    `create table dpop_proofs (
       slot smallint not null,
       digest bytea not null,
       constraint dpop_proofs_pk primary key (slot, digest))
       partition by list (slot)`,
    ...[0, 1, 2, 3, 4, 5].map(
      (slot) =>
        `create unlogged table dpop_proofs_${slot} partition of dpop_proofs for values in (${slot})`,
    ),
    `grant insert on dpop_proofs to ${app}`,
  ];
}

function forgetting({ worker }: Roles): string[] {
  return [
    // At once whatever their number, without a dead row. Who has to wait, say for a dump, leaves them to the next turn.
    `create function forget_dpop_proofs(past smallint) returns void
       language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '1s' as $$
     declare
       is_used boolean;
     begin
       if past not between 0 and 5 then
         raise exception 'forget_dpop_proofs: % is no slot', past;
       end if;
       select exists (select 1 from dpop_proofs where slot = past) into is_used;
       if is_used then
         execute format('truncate only dpop_proofs_%s', past);
       end if;
     exception when lock_not_available then
       null;
     end $$`,
    `revoke all on function forget_dpop_proofs(smallint) from public`,
    `grant execute on function forget_dpop_proofs(smallint) to ${worker}`,
  ];
}
