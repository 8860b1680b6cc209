import type { SqlTransaction } from "../../../database/sql-transaction";
import { type DueUpkeep, UpkeepStore } from "../domain/upkeep-store";

export class SqlUpkeepStore extends UpkeepStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override look(limit: number): Promise<readonly DueUpkeep[]> {
    return this.transaction.query(
      `(select 'upgrade' as what, organization_id as "organizationId", id from operations where upgrade = 'due' order by updated_at limit $1)
       union all
       (select 'object', organization_id, id from operations where object_ends_at < now() order by object_ends_at limit $1)
       union all
       (select 'schedule', organization_id, id from operation_schedules where active and next_run <= now() order by next_run limit $1)`,
      [limit],
    );
  }
}
