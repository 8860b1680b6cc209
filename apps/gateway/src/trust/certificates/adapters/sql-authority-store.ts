import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type AuthorityRow,
  AuthorityStore,
  type NewAuthority,
} from "../domain/certificate-store";
import type { AuthorityState } from "../domain/rotation.decide";

export class SqlAuthorityStore extends AuthorityStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async all(): Promise<readonly AuthorityRow[]> {
    const rows = await this.transaction.query<
      Omit<AuthorityRow, "sealedKey"> & { sealedKey: Buffer | null }
    >(
      `select a.id, a.certificate as "certificatePem", a.state, k.sealed as "sealedKey"
       from certificate_authorities a left join certificate_authority_keys k on k.id = a.id
       where a.state <> 'ended' order by a.created_at, a.id`,
    );
    return rows.map((row) => ({
      ...row,
      sealedKey: row.sealedKey ?? undefined,
    }));
  }

  override async lockAll(): Promise<readonly AuthorityRow[]> {
    await this.transaction.query(
      "select pg_advisory_xact_lock(hashtext('certificate_authorities'))",
    );
    return this.all();
  }

  override async add(authority: NewAuthority): Promise<void> {
    // clock_timestamp: root and intermediate of one transaction have an order too.
    await this.transaction.run(
      `insert into certificate_authorities (id, root_id, certificate, state, created_at) values ($1, $2, $3, $4, clock_timestamp())`,
      [
        authority.id,
        authority.rootId ?? null,
        authority.certificatePem,
        authority.state,
      ],
    );
    await this.transaction.run(
      "insert into certificate_authority_keys (id, sealed) values ($1, $2)",
      [authority.id, authority.sealedKey],
    );
  }

  override async setState(id: string, state: AuthorityState): Promise<void> {
    await this.transaction.run(
      "update certificate_authorities set state = $2 where id = $1",
      [id, state],
    );
  }

  override async remove(id: string): Promise<void> {
    await this.transaction.run(
      "delete from certificate_authorities where id = $1",
      [id],
    );
  }

  override async removeKey(id: string): Promise<void> {
    await this.transaction.run(
      "delete from certificate_authority_keys where id = $1",
      [id],
    );
  }
}
