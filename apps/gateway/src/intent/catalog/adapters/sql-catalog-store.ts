import type { SqlTransaction } from "../../../database/sql-transaction";
import { type CatalogEntry, CatalogStore } from "../domain/catalog-entry";

const COLUMNS =
  "id, code, name, chart_source_type, chart_url, chart_name, allowed_versions, recommended_version, default_values, values_schema, capabilities, active, external_ref, intent_version";

type Row = Omit<CatalogEntry, "intent_version"> & {
  intent_version: string | null;
};

export class SqlCatalogStore extends CatalogStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override byId(id: string): Promise<CatalogEntry | undefined> {
    return this.oneWhere("id = $2", id);
  }

  override lock(id: string): Promise<CatalogEntry | undefined> {
    return this.oneWhere("id = $2 for update", id);
  }

  override byCode(code: string): Promise<CatalogEntry | undefined> {
    return this.oneWhere("code = $2", code);
  }

  override async add(entry: CatalogEntry): Promise<boolean> {
    const added = await this.transaction.run(
      `insert into catalog_entries (organization_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
       on conflict (organization_id, code) do nothing`,
      this.values(entry),
    );
    return added > 0;
  }

  override async save(entry: CatalogEntry): Promise<void> {
    await this.transaction.run(
      `update catalog_entries set code = $3, name = $4, chart_source_type = $5, chart_url = $6, chart_name = $7, allowed_versions = $8,
         recommended_version = $9, default_values = $10, values_schema = $11, capabilities = $12, active = $13, external_ref = $14,
         intent_version = $15, updated_at = now()
       where organization_id = $1 and id = $2`,
      this.values(entry),
    );
  }

  override async isUsed(id: string): Promise<boolean> {
    const row = await this.transaction.one(
      "select 1 from application_instances where organization_id = $1 and catalog_entry_id = $2 limit 1",
      [this.transaction.organization, id],
    );
    return row !== undefined;
  }

  override async remove(id: string): Promise<void> {
    await this.transaction.run(
      "delete from catalog_entries where organization_id = $1 and id = $2",
      [this.transaction.organization, id],
    );
  }

  private async oneWhere(
    where: string,
    value: string,
  ): Promise<CatalogEntry | undefined> {
    const row = await this.transaction.one<Row>(
      `select ${COLUMNS} from catalog_entries where organization_id = $1 and ${where}`,
      [this.transaction.organization, value],
    );
    return (
      row && {
        ...row,
        intent_version:
          row.intent_version === null ? null : Number(row.intent_version),
      }
    );
  }

  private values(entry: CatalogEntry): unknown[] {
    return [
      this.transaction.organization,
      entry.id,
      entry.code,
      entry.name,
      entry.chart_source_type,
      entry.chart_url,
      entry.chart_name,
      JSON.stringify(entry.allowed_versions),
      entry.recommended_version,
      JSON.stringify(entry.default_values),
      entry.values_schema === null ? null : JSON.stringify(entry.values_schema),
      JSON.stringify(entry.capabilities),
      entry.active,
      entry.external_ref,
      entry.intent_version,
    ];
  }
}
