import {
  odooDateTime,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { RecordRow } from "../../../database/records/record-store";
import type { ModelField } from "./model-field";
import type { Wire } from "./model-method";
import { isXmlCarriable, xmlCarriable } from "./xml-carriable";

export interface Presentation {
  readonly fields: readonly ModelField[];
  readonly wire: Wire;
  /** Whether a many2one reads as `[id, name]`; else as its id alone. */
  readonly withNames: boolean;
}

/** A record as clients read it; `id` is always there. */
export function presentRecord(row: RecordRow, how: Presentation): RpcStruct {
  const record: RpcStruct = { id: row.id };
  for (const field of how.fields)
    record[field.name] = presentField(field, row[field.name], how);
  return record;
}

function presentField(
  field: ModelField,
  raw: unknown,
  how: Presentation,
): RpcValue {
  if (raw === null || raw === undefined) return false;
  const value = fromDatabase(field, raw, how);
  if (how.wire === "json" || field.isExact) return value;
  // Whoever wants it exactly reads the field that holds it as text.
  if (field.textTwin !== undefined) return isXmlCarriable(value) && value;
  return xmlCarriable(value);
}

function fromDatabase(
  field: ModelField,
  raw: unknown,
  how: Presentation,
): RpcValue {
  if (field.fromDatabase) return field.fromDatabase(raw);
  switch (field.type) {
    case "datetime":
      return odooDateTime(raw as Date);
    case "integer":
      return Number(raw);
    case "many2one":
      return presentRelation(raw as [number, string | null], how.withNames);
    default:
      return raw as RpcValue;
  }
}

function presentRelation(
  [number, name]: [number, string | null],
  withNames: boolean,
): RpcValue {
  return withNames ? [number, name ?? ""] : number;
}
