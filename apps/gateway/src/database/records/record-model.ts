import type { DomainField, DomainModel } from "@vworkspace/odoo-rpc";

/** An SQL expression over the row that the alias names. Written by us only: nothing from a caller is ever part of it. */
export type SqlExpression = (alias: string) => string;

/** A field whose values stand in the database. */
export interface RecordField extends DomainField {
  /** Its value; for a many2one the UUID of the record that it leads to. */
  readonly sql: SqlExpression;
  /** The column is a uuid that is shown as text: compared as a uuid, so that its index and its partitions are used. */
  readonly isUuid?: boolean;
  /**
   * It is the time that the record's id (UUIDv7) was made at, but for the difference of two clocks: asked for by the id,
   * too, which is what the records are ordered and partitioned by.
   */
  readonly isTimeOfId?: boolean;
  /** No two records of an organization have the same value. */
  readonly isUnique?: boolean;
  /** Every record has a value, so nobody needs to ask for those that have none. */
  readonly isAlwaysSet?: boolean;
  /** The model that a many2one leads to. A function, since models lead to each other. */
  readonly target?: () => RecordModel;
}

/** Records of one kind, as a query sees them. */
export interface RecordModel extends DomainModel<RecordField> {
  /**
   * A table, or a query in parentheses, with at least the columns `organization_id`, `id` (uuid) and `number` (the
   * integer id that clients know).
   */
  readonly from: string;
  /** What an `order by` holds when nobody asks for another order. */
  readonly defaultOrder: SqlExpression;
  field(name: string): RecordField | undefined;
  comodel(field: RecordField): RecordModel | undefined;
}
