import type { SqlTransaction } from "../../../database/sql-transaction";
import { connectedSql } from "../../../fleet/clusters/adapters/connected-sql";
import {
  type DatabaseHealth,
  type DueDatabase,
  SyncWorkStore,
} from "../domain/sync-work-store";

export class SqlSyncWorkStore extends SyncWorkStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async look(limit: number) {
    const rows = await this.transaction.query<DueDatabase & { isDue: boolean }>(
      `select organization_id as "organizationId", id as "databaseId", isdue as "isDue" from (
         select d.organization_id, d.id, d.next_try_at, (d.next_try_at is null or d.next_try_at <= now()) and exists (
           select 1 from odoo_outbox o where o.organization_id = d.organization_id and o.database_id = d.id and o.status = 'waiting') as isdue
         from odoo_databases d where d.state = 'paired') paired
       order by isdue desc, next_try_at nulls first limit $1`,
      [limit],
    );
    return {
      isAnyPaired: rows.length > 0,
      due: rows.filter(({ isDue }) => isDue),
    };
  }

  override noteConnections(disconnectAfterSeconds: number): Promise<number> {
    const { joins, connected } = connectedSql(disconnectAfterSeconds);
    // What somebody is changing just now is for the next time.
    return this.transaction.run(
      `update clusters k set connected_noted = not k.connected_noted from (
         select c.organization_id, c.id from clusters c ${joins}
         where c.organization_id in (select organization_id from odoo_databases where state = 'paired') and c.connected_noted <> ${connected}
         for update of c skip locked) changed
       where k.organization_id = changed.organization_id and k.id = changed.id`,
    );
  }

  override async health(countTo: number): Promise<readonly DatabaseHealth[]> {
    const count = (condition: string) =>
      `(select count(*) from (select 1 from odoo_outbox o where o.organization_id = d.organization_id and o.database_id = d.id and ${condition} limit $1) counted)::float8`;
    return this.transaction.query<DatabaseHealth>(
      `select g.code as organization, d.name, ${count("o.status = 'waiting'")} as waiting, ${count("o.status <> 'waiting'")} as held,
         coalesce((select extract(epoch from now() - min(queued_at)) from (select queued_at from odoo_outbox o where o.organization_id = d.organization_id
           and o.database_id = d.id and o.status = 'waiting' limit $1) counted), 0)::float8 as "oldestSeconds",
         d.failures, d.next_try_at as "pausesUntil", now() as now
       from odoo_databases d join organizations g on g.id = d.organization_id where d.state = 'paired' order by g.code, d.name`,
      [countTo],
    );
  }
}
