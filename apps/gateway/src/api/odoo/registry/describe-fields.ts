import {
  isList,
  type RpcStruct,
  RpcUsageError,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import { isGroupable, type ModelField } from "./model-field";
import type { OdooModel } from "./odoo-model";

/**
 * What `fields_get` answers: attributes by field name.
 * @param wanted names of fields; all where none are named, unknown ones are left out as Odoo does
 * @param attributes names of attributes; all where it isn't given, none where it is an empty list
 */
export function describeFields(
  model: OdooModel,
  wanted: RpcValue | undefined,
  attributes: RpcValue | undefined,
): RpcStruct {
  const names = textsOf("allfields", wanted);
  const shown = textsOf("attributes", attributes);
  const isAll = names === undefined || names.size === 0;
  const fields = model.fields.filter((field) => isAll || names.has(field.name));
  return Object.fromEntries(
    fields.map((field) => [field.name, only(describe(field), shown)]),
  );
}

function describe(field: ModelField): RpcStruct {
  const relation = field.target?.().name;
  return {
    name: field.name,
    type: field.type,
    string: field.label,
    required: field.isRequired ?? false,
    readonly: field.writable === undefined,
    store: true,
    searchable: true,
    sortable: field.type !== "json",
    groupable: isGroupable(field),
    company_dependent: false,
    manual: false,
    depends: [],
    change_default: false,
    default_export_compatible: false,
    exportable: true,
    ...(isText(field) ? { translate: false, trim: false } : {}),
    ...(field.help === undefined ? {} : { help: field.help }),
    ...(field.selection === undefined
      ? {}
      : { selection: field.selection.map((pair) => [...pair]) }),
    ...(relation === undefined ? {} : { relation, domain: [], context: {} }),
  };
}

function isText({ type }: ModelField): boolean {
  return type === "char" || type === "text";
}

function only(
  description: RpcStruct,
  attributes: ReadonlySet<string> | undefined,
): RpcStruct {
  if (attributes === undefined) return description;
  return Object.fromEntries(
    Object.entries(description).filter(([name]) => attributes.has(name)),
  );
}

function textsOf(
  argument: string,
  value: RpcValue | undefined,
): ReadonlySet<string> | undefined {
  if (value === undefined || value === null || value === false)
    return undefined;
  if (!isList(value) || !value.every((one) => typeof one === "string"))
    throw new RpcUsageError(`${argument} must be a list of texts.`);
  return new Set(value);
}
