import type {
  BoundNode,
  GroupOrder,
  OrderTerm,
  TimeSpan,
} from "@vworkspace/odoo-rpc";
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

export interface GroupQuery {
  readonly domain?: BoundNode<RecordField> | undefined;
  /** Empty: all records are one group. */
  readonly by: readonly GroupKey[];
  readonly order?: readonly GroupOrder[];
  readonly offset?: number;
  /** Of groups, the most that is returned. */
  readonly limit: number;
  /** Of records, the most that are counted. */
  readonly most: number;
  /** Whose days and months they are, for example Europe/Vienna. */
  readonly timeZone: string;
}

export interface GroupKey {
  readonly field: RecordField;
  readonly span?: TimeSpan | undefined;
}

/** A day or month of the query's time zone, up to but not with `to`. */
export interface TimeRange {
  readonly label: string;
  readonly from: Date;
  readonly to: Date;
}

/** How many records have these values; a many2one as `[number, name]`, a moment as its range, null where it isn't set. */
export interface RecordGroup {
  readonly keys: readonly unknown[];
  readonly count: number;
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
  /** The groups of a domain's records, and how many records were counted for it. */
  abstract group(
    model: RecordModel,
    query: GroupQuery,
  ): Promise<{
    readonly groups: readonly RecordGroup[];
    readonly counted: number;
  }>;
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
