import { DomainError } from "@vworkspace/kernel";
import { parseLimit, RpcUsageError, type RpcValue } from "@vworkspace/odoo-rpc";
import type { RecordStore } from "../../../database/records/record-store";
import type { ModelCall } from "../registry/model-method";
import { presentRecord } from "../registry/present-record";
import { domainOf } from "./call-domain";
import { READ_LIMITS } from "./read-limits";

type NamedRecord = readonly [id: number, name: RpcValue];

/** Records by what they are called: `[id, name]` each, in the model's own order. */
export async function nameSearch(
  records: RecordStore,
  call: ModelCall,
): Promise<readonly NamedRecord[]> {
  const { args, entry, wire } = call;
  const { model } = entry;
  const asked =
    args["limit"] === undefined ? READ_LIMITS.names : parseLimit(args["limit"]);
  const ids = await records.search(model, {
    domain: domainOf(call, conditionOn(args)),
    limit: Math.min(asked ?? Infinity, READ_LIMITS.records + 1),
  });
  if (ids.length > READ_LIMITS.records)
    throw new DomainError(
      "validation_failed",
      `name_search: more than ${READ_LIMITS.records} records of ${model.name} match; narrow the name or the domain, or give a limit.`,
    );
  const fields = [model.require("display_name")];
  const rows = await records.read(model, fields, ids);
  const names = new Map(
    rows.map((row) => {
      const shown = presentRecord(row, { fields, wire, withNames: true });
      return [row.id, shown["display_name"] || ""] as const;
    }),
  );
  return ids.flatMap((id) => {
    const name = names.get(id);
    return name === undefined ? [] : [[id, name] as const];
  });
}

/** Nothing where every name contains what is asked for. */
function conditionOn({ name, operator }: ModelCall["args"]): RpcValue[] {
  const text = name ?? "";
  if (typeof text !== "string" && text !== false)
    throw new RpcUsageError("name must be a text.");
  const how = operator ?? "ilike";
  const isAny = (text === "" || text === false) && isContaining(how);
  return isAny ? [] : [["display_name", how, text]];
}

function isContaining(operator: RpcValue): boolean {
  return operator === "like" || operator === "ilike" || operator === false;
}
