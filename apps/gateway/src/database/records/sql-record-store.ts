import type { BoundNode } from "@vworkspace/odoo-rpc";
import type { SqlTransaction } from "../sql-transaction";
import { compileGroup } from "./compile-group";
import {
  compileCount,
  compileKeys,
  compileRead,
  compileSearch,
} from "./compile-query";
import type { RecordField, RecordModel } from "./record-model";
import {
  type GroupKey,
  type GroupQuery,
  type RecordGroup,
  type RecordQuery,
  type RecordRow,
  RecordStore,
} from "./record-store";

type Row = Readonly<Record<string, unknown>>;

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

  override async group(
    model: RecordModel,
    query: GroupQuery,
  ): Promise<{ groups: readonly RecordGroup[]; counted: number }> {
    const { organization } = this.transaction;
    const { sql, values } = compileGroup(model, organization, query);
    const rows = await this.transaction.query<Row>(sql, values);
    return {
      groups: rows.map((row) => ({
        keys: query.by.map((key, at) => groupValue(key, row, at)),
        count: row["count"] as number,
      })),
      counted: Number(rows[0]?.["counted"] ?? 0),
    };
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
    const rows = await this.transaction.query<Row>(sql, values);
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

function groupValue({ field, span }: GroupKey, row: Row, at: number): unknown {
  const value = row[`k${at}`] ?? null;
  if (value === null) return null;
  if (span !== undefined)
    return { from: value, to: row[`k${at}_to`], label: row[`k${at}_label`] };
  return field.type === "many2one" ? [value, row[`k${at}_name`]] : value;
}

function recordOf(row: Row, fields: readonly RecordField[]): RecordRow {
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
