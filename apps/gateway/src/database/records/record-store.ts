import type { BoundNode, OrderTerm } from "@vworkspace/odoo-rpc";
import type { RecordField, RecordModel } from "./record-model";

export interface RecordQuery {
  /** Undefined: all records. */
  readonly domain?: BoundNode<RecordField> | undefined;
  /** Empty: the model's default order. */
  readonly order?: readonly OrderTerm[];
  readonly offset?: number;
  /** The most that is returned. */
  readonly limit: number;
}

/** One record as the database has it: field name → value of the driver; a many2one as `[number, name]` or null. */
export type RecordRow = Readonly<Record<string, unknown>> & {
  readonly id: number;
};

/** Reads records of any model, of one organization. Nothing is written through it. */
export abstract class RecordStore {
  /** Numbers of the records of a domain, in order. */
  abstract search(
    model: RecordModel,
    query: RecordQuery,
  ): Promise<readonly number[]>;
  /** How many records a domain has; counts no further than `most`. */
  abstract count(
    model: RecordModel,
    domain: BoundNode<RecordField> | undefined,
    most: number,
  ): Promise<number>;
  /** The named fields of these records, in any order; those that don't exist are left out. */
  abstract read(
    model: RecordModel,
    fields: readonly RecordField[],
    numbers: readonly number[],
  ): Promise<readonly RecordRow[]>;
  /** UUIDs of records by number; those that don't exist are left out. */
  abstract keysOf(
    model: RecordModel,
    numbers: readonly number[],
  ): Promise<ReadonlyMap<number, string>>;
  /** Numbers of records by UUID. */
  abstract numbersOf(
    model: RecordModel,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, number>>;
}
