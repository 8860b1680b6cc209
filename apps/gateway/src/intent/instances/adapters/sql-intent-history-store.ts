import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type FormerIntent,
  IntentHistoryStore,
} from "../domain/intent-history";

type Row = Omit<FormerIntent, "generation"> & { generation: string };

/** Of one instance. */
const MAX_KEPT = 20;

export class SqlIntentHistoryStore extends IntentHistoryStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async keep(instanceId: string, former: FormerIntent): Promise<void> {
    const key = [this.transaction.organization, instanceId];
    await this.transaction.run(
      `insert into former_intents (organization_id, instance_id, generation, catalog_entry_id, chart_version, values_json, values_secret_ref, integrations)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
      [
        ...key,
        former.generation,
        former.catalog_entry_id,
        former.chart_version,
        former.values_json,
        former.values_secret_ref && JSON.stringify(former.values_secret_ref),
        JSON.stringify(former.integrations),
      ],
    );
    await this.transaction.run(
      `delete from former_intents where organization_id = $1 and instance_id = $2 and generation in (
         select generation from former_intents where organization_id = $1 and instance_id = $2 order by generation desc offset ${MAX_KEPT})`,
      key,
    );
  }

  override async of(instanceId: string): Promise<readonly FormerIntent[]> {
    const rows = await this.transaction.query<Row>(
      `select generation, catalog_entry_id, chart_version, values_json, values_secret_ref, integrations
       from former_intents where organization_id = $1 and instance_id = $2 order by generation desc`,
      [this.transaction.organization, instanceId],
    );
    return rows.map((row) => ({ ...row, generation: Number(row.generation) }));
  }
}
