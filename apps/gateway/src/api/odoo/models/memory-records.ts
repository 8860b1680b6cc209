import {
  type BoundNode,
  evaluateDomain,
  type GroupOrder,
  type OrderTerm,
  type RecordReader,
} from "@vworkspace/odoo-rpc";
import type {
  RecordField,
  RecordModel,
} from "../../../database/records/record-model";
import {
  type GroupQuery,
  type RecordGroup,
  type RecordQuery,
  type RecordRow,
  RecordStore,
} from "../../../database/records/record-store";

type Domain = BoundNode<RecordField> | undefined;

const READER: RecordReader<RecordField, RecordRow> = {
  id: (row) => row.id,
  value: (row, field) =>
    (row[field.name] ?? null) as string | number | boolean | null,
  related: () => [],
};

/** A few fixed records without relations, with the same reading methods as those of the database. */
export class MemoryRecords extends RecordStore {
  constructor(private readonly rows: readonly RecordRow[]) {
    super();
  }

  override search(
    _model: RecordModel,
    query: RecordQuery,
  ): Promise<readonly number[]> {
    const { offset = 0, order = [], limit } = query;
    const found = this.matching(query.domain).sort(
      (left, right) => compareRows(order, left, right) || left.id - right.id,
    );
    return Promise.resolve(
      found.slice(offset, offset + limit).map((row) => row.id),
    );
  }

  override count(
    _model: RecordModel,
    domain: Domain,
    most: number,
  ): Promise<number> {
    return Promise.resolve(Math.min(most, this.matching(domain).length));
  }

  override group(
    _model: RecordModel,
    { domain, by, order = [], offset = 0, limit }: GroupQuery,
  ): Promise<{ groups: readonly RecordGroup[]; counted: number }> {
    const rows = this.matching(domain);
    const groups = new Map<string, RecordGroup>();
    if (by.length === 0) groups.set("[]", { keys: [], count: 0 });
    for (const row of rows) {
      const keys = by.map(({ field }) => row[field.name] ?? null);
      const id = JSON.stringify(keys);
      groups.set(id, { keys, count: (groups.get(id)?.count ?? 0) + 1 });
    }
    const byKeys = by.map((_key, at) => ({
      by: at,
      direction: "asc" as const,
    }));
    const sorted = [...groups.values()].sort((left, right) =>
      compareGroups([...order, ...byKeys], left, right),
    );
    return Promise.resolve({
      groups: sorted.slice(offset, offset + limit),
      counted: rows.length,
    });
  }

  override read(
    _model: RecordModel,
    _fields: readonly RecordField[],
    numbers: readonly number[],
  ): Promise<readonly RecordRow[]> {
    return Promise.resolve(this.rows.filter((row) => numbers.includes(row.id)));
  }

  override keysOf(): Promise<ReadonlyMap<number, string>> {
    return Promise.resolve(new Map());
  }

  override numbersOf(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map());
  }

  private matching(domain: Domain): RecordRow[] {
    return this.rows.filter(
      (row) => domain === undefined || evaluateDomain(domain, row, READER),
    );
  }
}

function compareRows(
  order: readonly OrderTerm[],
  left: RecordRow,
  right: RecordRow,
): number {
  for (const { field, direction } of order) {
    const result = compareValues(left[field], right[field]);
    if (result !== 0) return direction === "asc" ? result : -result;
  }
  return 0;
}

function compareGroups(
  order: readonly GroupOrder[],
  left: RecordGroup,
  right: RecordGroup,
): number {
  for (const { by, direction } of order) {
    const valueOf = ({ keys, count }: RecordGroup) =>
      by === "count" ? count : keys[by];
    const result = compareValues(valueOf(left), valueOf(right));
    if (result !== 0) return direction === "asc" ? result : -result;
  }
  return 0;
}

function compareValues(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number")
    return left - right;
  const [first, second] = [String(left), String(right)];
  return first < second ? -1 : Number(first > second);
}
