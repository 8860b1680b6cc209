import type { RpcValue } from "@vworkspace/odoo-rpc";
import type {
  RecordField,
  RecordModel,
  SqlExpression,
} from "../../../database/records/record-model";

/** What the JSON of a field may be. */
export type JsonShape = "texts" | "list" | "struct" | "struct of texts";

/** A field as clients see it, and where its value comes from. */
export interface ModelField extends RecordField {
  readonly label: string;
  readonly help?: string;
  /** Whether a create must give it. */
  readonly isRequired?: boolean;
  /** Whether false and nil mean "not set"; else they mean the type's own emptiness ("", [], {}) or are refused. */
  readonly isNullable?: boolean;
  /** Whether create, or create and write, may give it; never where it isn't said. */
  readonly writable?: "on create" | "always";
  /** Value and label of a selection. */
  readonly selection?: readonly (readonly [string, string])[];
  readonly shape?: JsonShape;
  /** From the database's value, where the type doesn't say it; null stays "not set". */
  readonly fromDatabase?: (value: unknown) => RpcValue;
  /** The text is given byte for byte, or not at all. */
  readonly isExact?: boolean;
  /** The field that holds the same as text, for protocols that can't carry every struct. */
  readonly textTwin?: string;
}

const GROUPABLE: ReadonlySet<ModelField["type"]> = new Set([
  "char",
  "selection",
  "boolean",
  "many2one",
  "datetime",
]);

/** Whether records can be counted by its values; of a moment, by its day or month. */
export function isGroupable({ type }: ModelField): boolean {
  return GROUPABLE.has(type);
}

type Extra = Partial<Omit<ModelField, "name" | "type" | "label">>;

function field(type: ModelField["type"]) {
  return (name: string, label: string, extra: Extra = {}): ModelField => ({
    name,
    type,
    label,
    sql: column(name),
    ...extra,
  });
}

/** The column of that name. */
export function column(name: string): SqlExpression {
  return (alias) => `${alias}.${name}`;
}

export const char = field("char");
export const text = field("text");
export const integer = field("integer");
export const boolean = field("boolean");
export const datetime = field("datetime");
export const json = field("json");

export function selection(
  name: string,
  label: string,
  values: readonly string[],
  extra: Extra = {},
): ModelField {
  const pairs = values.map((value) => [value, titled(value)] as const);
  return { ...field("selection")(name, label, extra), selection: pairs };
}

function titled(value: string): string {
  return (value.charAt(0).toUpperCase() + value.slice(1)).replaceAll("_", " ");
}

/** Whose the record is. A create may name the caller's own organization, which is what it gets anyway. */
export function ownOrganization(organization: RecordModel): ModelField {
  return many2one("organization_id", "Organization", organization, {
    writable: "on create",
    isNullable: true,
  });
}

/** What the other side, an Odoo say, calls the record and its newest change. @param ref when external_ref may be given */
export function markFields(
  ref: NonNullable<ModelField["writable"]>,
): readonly ModelField[] {
  return [
    char("external_ref", "External reference", {
      writable: ref,
      isNullable: true,
      help: "The record's own id on the other side; unique.",
    }),
    integer("intent_version", "Intent version", {
      writable: "always",
      isNullable: true,
      help: "A write with a version not above this one changes nothing.",
    }),
  ];
}

export function many2one(
  name: string,
  label: string,
  target: RecordModel,
  extra: Extra = {},
): ModelField {
  return many2oneLater(name, label, () => target, extra);
}

/** Where the target is made after the model that leads to it. */
export function many2oneLater(
  name: string,
  label: string,
  target: () => RecordModel,
  extra: Extra = {},
): ModelField {
  return { ...field("many2one")(name, label, extra), target };
}
