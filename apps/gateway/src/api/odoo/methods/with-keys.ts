import { DomainError } from "@vworkspace/kernel";
import { RecordStore } from "../../../database/records/record-store";
import type { Stores } from "../../../database/unit-of-work";
import type { ModelField } from "../registry/model-field";
import type { FieldValues } from "../registry/model-method";
import type { OdooModel } from "../registry/odoo-model";

/** The values with each many2one as the UUID of its record. */
export async function withKeys(
  stores: Stores,
  model: OdooModel,
  values: FieldValues,
): Promise<FieldValues> {
  const resolved: Record<string, unknown> = { ...values };
  for (const [name, value] of Object.entries(values)) {
    const field = model.require(name);
    if (field.type === "many2one" && typeof value === "number")
      resolved[name] = await keyOf(stores, field, value);
  }
  return resolved;
}

async function keyOf(
  stores: Stores,
  field: ModelField,
  number: number,
): Promise<string> {
  const target = field.target?.();
  const keys =
    target && (await stores.get(RecordStore).keysOf(target, [number]));
  const key = keys?.get(number);
  if (key !== undefined) return key;
  throw new DomainError(
    "validation_failed",
    `${field.name} is ${number}: there is no ${target?.name ?? "record"} with that id.`,
  );
}
