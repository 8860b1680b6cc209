import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type ReferencedRecord,
  ReferenceStore,
} from "../domain/reference-store";
import type { ReferencedModel } from "../domain/synced-model";
import { TABLE_OF } from "./table-of";

export class SqlReferenceStore extends ReferenceStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override lock(
    model: ReferencedModel,
    number: number,
  ): Promise<ReferencedRecord | undefined> {
    return this.transaction.one(
      `select id, name, external_ref from ${TABLE_OF[model]} where organization_id = $1 and number = $2 for update`,
      [this.transaction.organization, number],
    );
  }

  override async isTaken(
    model: ReferencedModel,
    reference: string,
  ): Promise<boolean> {
    const row = await this.transaction.one(
      `select 1 from ${TABLE_OF[model]} where organization_id = $1 and external_ref = $2`,
      [this.transaction.organization, reference],
    );
    return row !== undefined;
  }

  override async give(
    model: ReferencedModel,
    id: string,
    reference: string,
  ): Promise<void> {
    await this.transaction.run(
      `update ${TABLE_OF[model]} set external_ref = $3, updated_at = now() where organization_id = $1 and id = $2`,
      [this.transaction.organization, id, reference],
    );
  }
}
