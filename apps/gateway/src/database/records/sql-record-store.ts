import type { BoundNode } from "@vworkspace/odoo-rpc";
import type { SqlTransaction } from "../sql-transaction";
import {
  compileCount,
  compileKeys,
  compileRead,
  compileSearch,
} from "./compile-query";
import type { RecordField, RecordModel } from "./record-model";
import { type RecordQuery, type RecordRow, RecordStore } from "./record-store";

interface KeyRow {
  number: number;
  key: string;
}

export class SqlRecordStore extends RecordStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async search(
    model: RecordModel,
    query: RecordQuery,
  ): Promise<readonly number[]> {
    const { organization } = this.transaction;
    const { sql, values } = compileSearch(model, organization, query);
    const rows = await this.transaction.query<KeyRow>(sql, values);
    return rows.map((row) => row.number);
  }

  override async count(
    model: RecordModel,
    domain: BoundNode<RecordField> | undefined,
    most: number,
  ): Promise<number> {
    const { organization } = this.transaction;
    const { sql, values } = compileCount(model, organization, {
      domain,
      limit: most,
    });
    const row = await this.transaction.one<{ count: number }>(sql, values);
    return row?.count ?? 0;
  }

  override async read(
    model: RecordModel,
    fields: readonly RecordField[],
    numbers: readonly number[],
  ): Promise<readonly RecordRow[]> {
    if (numbers.length === 0) return [];
    const { organization } = this.transaction;
    const wanted = { fields, numbers };
    const { sql, values } = compileRead(model, organization, wanted);
    const rows = await this.transaction.query<Record<string, unknown>>(
      sql,
      values,
    );
    return rows.map((row) => recordOf(row, fields));
  }

  override async keysOf(
    model: RecordModel,
    numbers: readonly number[],
  ): Promise<ReadonlyMap<number, string>> {
    const rows = await this.keys(model, { column: "number", values: numbers });
    return new Map(rows.map((row) => [row.number, row.key]));
  }

  override async numbersOf(
    model: RecordModel,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    const rows = await this.keys(model, { column: "id", values: keys });
    return new Map(rows.map((row) => [row.key, row.number]));
  }

  private keys(
    model: RecordModel,
    by: { column: "id" | "number"; values: readonly (string | number)[] },
  ): Promise<KeyRow[]> {
    const { organization } = this.transaction;
    const { sql, values } = compileKeys(model, organization, by);
    return this.transaction.query<KeyRow>(sql, values);
  }
}

function recordOf(
  row: Readonly<Record<string, unknown>>,
  fields: readonly RecordField[],
): RecordRow {
  const values = fields.map((field, index) => {
    const value = row[`f${index}`] ?? null;
    const isRelation = field.type === "many2one" && value !== null;
    return [field.name, isRelation ? [value, row[`f${index}_name`]] : value];
  });
  return {
    ...(Object.fromEntries(values) as Record<string, unknown>),
    id: row["number"] as number,
  };
}
