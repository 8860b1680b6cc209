import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type OdooDatabase,
  OdooDatabaseStore,
  type OrganizationFacts,
} from "../domain/odoo-database";

type Row = Omit<OdooDatabase, "sent_sequence" | "acknowledged_sequence"> & {
  sent_sequence: string;
  acknowledged_sequence: string;
};

const SELECT = `select id, name, state, protocol, user_id, database_uuid, url, database, login, epoch, sent_sequence, acknowledged_sequence, failures, last_error
  from odoo_databases where organization_id = $1`;

export class SqlOdooDatabaseStore extends OdooDatabaseStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async add(database: { id: string; name: string }): Promise<boolean> {
    const added = await this.change(
      "insert into odoo_databases (organization_id, id, name) values ($1, $2, $3) on conflict (organization_id, name) do nothing",
      [database.id, database.name],
    );
    return added > 0;
  }

  override find(id: string): Promise<OdooDatabase | undefined> {
    return this.one(`${SELECT} and id = $2`, [id]);
  }

  override lock(id: string): Promise<OdooDatabase | undefined> {
    return this.one(`${SELECT} and id = $2 for update`, [id]);
  }

  override byName(name: string): Promise<OdooDatabase | undefined> {
    return this.one(`${SELECT} and name = $2`, [name]);
  }

  override byUser(userId: string): Promise<OdooDatabase | undefined> {
    return this.one(`${SELECT} and user_id = $2`, [userId]);
  }

  override byUuid(databaseUuid: string): Promise<OdooDatabase | undefined> {
    return this.one(`${SELECT} and database_uuid = $2`, [databaseUuid]);
  }

  override lockByCode(hash: Buffer): Promise<OdooDatabase | undefined> {
    return this.one(
      `${SELECT} and pairing_hash = $2 and pairing_expires_at > now() for update`,
      [hash],
    );
  }

  override async save(database: OdooDatabase): Promise<void> {
    await this.change(
      `update odoo_databases set name = $3, state = $4, protocol = $5, user_id = $6, database_uuid = $7, url = $8, database = $9, login = $10
       where organization_id = $1 and id = $2`,
      [
        database.id,
        database.name,
        database.state,
        database.protocol,
        database.user_id,
        database.database_uuid,
        database.url,
        database.database,
        database.login,
      ],
    );
  }

  override async setCode(
    id: string,
    hash: Buffer,
    minutes: number,
  ): Promise<Date> {
    const row = await this.transaction.one<{ ends: Date }>(
      `update odoo_databases set pairing_hash = $3, pairing_expires_at = now() + make_interval(mins => $4)
       where organization_id = $1 and id = $2 returning pairing_expires_at as ends`,
      [this.transaction.organization, id, hash, minutes],
    );
    return row?.ends ?? new Date(0);
  }

  override async setPaired(
    database: OdooDatabase,
    wrappedKey: Buffer,
  ): Promise<void> {
    await this.change(
      `update odoo_databases set state = 'paired', user_id = $3, database_uuid = $4, url = $5, database = $6, login = $7, epoch = $8,
         wrapped_key = $9, paired_at = now(), pairing_hash = null, pairing_expires_at = null, sent_sequence = 0, acknowledged_sequence = 0,
         failures = 0, next_try_at = null, last_error = ''
       where organization_id = $1 and id = $2`,
      [
        database.id,
        database.user_id,
        database.database_uuid,
        database.url,
        database.database,
        database.login,
        database.epoch,
        wrappedKey,
      ],
    );
  }

  override async forgetKey(id: string): Promise<void> {
    await this.change(
      `update odoo_databases set wrapped_key = null, pairing_hash = null, pairing_expires_at = null, paired_at = null, failures = 0,
         next_try_at = null, last_error = '' where organization_id = $1 and id = $2`,
      [id],
    );
  }

  override async wrappedKey(id: string): Promise<Buffer | undefined> {
    const row = await this.transaction.one<{ wrapped_key: Buffer | null }>(
      "select wrapped_key from odoo_databases where organization_id = $1 and id = $2",
      [this.transaction.organization, id],
    );
    return row?.wrapped_key ?? undefined;
  }

  override async noteSent(id: string, sequence: number): Promise<void> {
    await this.change(
      "update odoo_databases set sent_sequence = greatest(sent_sequence, $3) where organization_id = $1 and id = $2",
      [id, sequence],
    );
  }

  override async noteDelivered(id: string, sequence: number): Promise<void> {
    await this.change(
      `update odoo_databases set acknowledged_sequence = greatest(acknowledged_sequence, $3), failures = 0, next_try_at = null, last_error = '',
         last_delivered_at = now() where organization_id = $1 and id = $2`,
      [id, sequence],
    );
  }

  override async noteFailed(
    id: string,
    failure: { readonly error: string; readonly pauseMs: number },
  ): Promise<void> {
    await this.change(
      `update odoo_databases set failures = least(failures, 1000000) + 1, next_try_at = now() + make_interval(secs => $4::float8 / 1000), last_error = $3
       where organization_id = $1 and id = $2`,
      [id, failure.error, failure.pauseMs],
    );
  }

  override async noteReport(
    id: string,
    part: string,
    report: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.change(
      `update odoo_databases set last_comparison = last_comparison || jsonb_build_object($3::text, $4::jsonb),
         last_compared_at = case when $3 = 'epoch' then last_compared_at else now() end
       where organization_id = $1 and id = $2`,
      [id, part, JSON.stringify(report)],
    );
  }

  override async startEpoch(id: string, epoch: string): Promise<void> {
    await this.change(
      "update odoo_databases set epoch = $3, sent_sequence = 0, acknowledged_sequence = 0 where organization_id = $1 and id = $2",
      [id, epoch],
    );
  }

  override async organization(): Promise<OrganizationFacts> {
    const row = await this.transaction.one<OrganizationFacts>(
      "select code, name, approval_trust from organizations where id = $1",
      [this.transaction.organization],
    );
    if (row === undefined) throw new Error("The organization is gone.");
    return row;
  }

  private change(sql: string, values: readonly unknown[]): Promise<number> {
    return this.transaction.run(sql, [
      this.transaction.organization,
      ...values,
    ]);
  }

  private async one(
    sql: string,
    values: readonly unknown[],
  ): Promise<OdooDatabase | undefined> {
    const row = await this.transaction.one<Row>(sql, [
      this.transaction.organization,
      ...values,
    ]);
    return (
      row && {
        ...row,
        sent_sequence: Number(row.sent_sequence),
        acknowledged_sequence: Number(row.acknowledged_sequence),
      }
    );
  }
}
