import type { RpcValue } from "@vworkspace/odoo-rpc";
import type { ModelDescription, RecordIds } from "./two-companies";

type Named = Readonly<Record<string, RpcValue>>;

export interface About {
  /** Of records, by model. */
  readonly ids: RecordIds;
  /** What is tried to be put into each field that only the gateway's word may change. */
  readonly forged?: string;
}

/** Not asked of every caller: what a method does with it needs no ids of anybody. */
const NOT_READ = ["binary", "image"];

/** Arguments by the names that Odoo's and the addon's methods give them, all about some records. */
export function plausibleArguments(
  model: string,
  { fields, observed }: ModelDescription,
  { ids, forged }: About,
): Named {
  const own = [...(ids[model] ?? [])];
  const names = Object.keys(fields).filter(
    (name) => !NOT_READ.includes(fields[name]?.type ?? ""),
  );
  const specification = specificationOf(fields, names);
  const values = {
    ...valuesOf(fields, ids),
    ...(forged && Object.fromEntries(observed.map((name) => [name, forged]))),
  };
  const [instance = 0] = ids["vworkspace.application.instance"] ?? [];
  const domain = [["id", "in", own]];
  return {
    ...{ domain, fields: names, field_names: ["name"], allfields: names },
    ...{ fields_to_export: ["id", ...names], specification },
    ...{ fields_spec: specification, values, vals: values },
    ...{ vals_list: [values], default: values, groupby: ["company_id"] },
    ...{ aggregates: ["__count"], name: "", operation: "read" },
    ...{ data: [["x"]], ids: own, args: domain, body: "x", reason: "x" },
    ...{ code: "x", generation: 1, summary: "x", note: "x", subject: "x" },
    ...{ res_model: "vworkspace.application.instance", res_id: instance },
    ...{ batch: { epoch: "e", organization: "x", items: [] } },
    ...{ partner_ids: [1], user_id: 2, view_id: false, view_type: "form" },
  };
}

/** Each relation is one to the other company's records, whatever company the record itself is of. */
function valuesOf(
  fields: ModelDescription["fields"],
  ids: RecordIds,
): Record<string, RpcValue> {
  const values: Record<string, RpcValue> = {};
  for (const [name, { type, relation }] of Object.entries(fields)) {
    const [id] = relation === false ? [] : (ids[relation] ?? []);
    if (type === "many2one" && id !== undefined && !name.endsWith("_uid"))
      values[name] = id;
  }
  return { ...values, ...("name" in fields && { name: "x" }) };
}

function specificationOf(
  fields: ModelDescription["fields"],
  names: readonly string[],
): Record<string, RpcValue> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      fields[name]?.relation ? { fields: { display_name: {} } } : {},
    ]),
  );
}
