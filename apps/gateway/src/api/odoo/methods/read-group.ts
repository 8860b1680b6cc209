import { DomainError } from "@vworkspace/kernel";
import {
  countName,
  type GroupTerm,
  isList,
  odooDateTime,
  parseGroupBy,
  parseGroupOrder,
  parseLimit,
  parseOffset,
  type RpcStruct,
  RpcUsageError,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import { isTimezone } from "@vworkspace/resources";
import type {
  GroupKey,
  RecordGroup,
  RecordStore,
  TimeRange,
} from "../../../database/records/record-store";
import { isGroupable, type ModelField } from "../registry/model-field";
import type { ModelCall } from "../registry/model-method";
import type { OdooModel } from "../registry/odoo-model";
import { xmlCarriable } from "../registry/xml-carriable";
import { domainOf } from "./call-domain";
import { READ_LIMITS } from "./read-limits";

/** A term of the groupby with its field of the model. */
interface Grouping extends GroupTerm {
  readonly key: GroupKey & { readonly field: ModelField };
}

/**
 * Counts records by their values. Lazily, which is the default, by the first term only, and each group says what is left to
 * group by; else by all of them at once.
 * @throws RpcUsageError; DomainError validation_failed where there are too many groups or records
 */
export async function readGroup(
  records: RecordStore,
  call: ModelCall,
): Promise<readonly RpcStruct[]> {
  const { args, entry } = call;
  const { model } = entry;
  const terms = parseGroupBy(args["groupby"]);
  requireCountsOnly(args["fields"], model);
  const isLazy = args["lazy"] === undefined || Boolean(args["lazy"]);
  const groupings = terms.map((term) => groupingOf(model, term));
  const taken = isLazy ? groupings.slice(0, 1) : groupings;
  const limit = parseLimit(args["limit"]);
  const { groups, counted } = await records.group(model, {
    domain: domainOf(call),
    by: taken.map(({ key }) => key),
    order: parseGroupOrder(args["orderby"], taken),
    offset: parseOffset(args["offset"]),
    limit: Math.min(limit ?? Infinity, READ_LIMITS.groups + 1),
    most: READ_LIMITS.counted + 1,
    timeZone: timeZoneOf(call),
  });
  if (counted > READ_LIMITS.counted)
    throw tooMany(`${READ_LIMITS.counted} records of ${model.name} match`);
  if (groups.length > READ_LIMITS.groups)
    throw tooMany(`${READ_LIMITS.groups} groups come of it`);
  const rest = isLazy ? groupings.slice(1).map(({ spec }) => spec) : undefined;
  return groups.map((group) => present(group, { taken, rest, call }));
}

function tooMany(what: string): DomainError {
  return new DomainError(
    "validation_failed",
    `read_group: more than ${what}; narrow the domain, or give a limit of groups.`,
  );
}

function groupingOf(model: OdooModel, term: GroupTerm): Grouping {
  const field = model.field(term.field);
  if (field === undefined)
    throw new RpcUsageError(
      `groupby: ${model.name} has no field ${term.field}; fields_get lists those that exist.`,
    );
  if (!isGroupable(field))
    throw new RpcUsageError(
      `groupby: ${term.field} is of type ${field.type}; records are grouped by a text, a selection, a boolean, a many2one, or a datetime's day or month.`,
    );
  const isMoment = field.type === "datetime";
  if (term.span !== undefined && !isMoment)
    throw new RpcUsageError(
      `groupby: ${term.field} is of type ${field.type}, which has no ${term.span}; leave ":${term.span}" out.`,
    );
  const span = isMoment ? (term.span ?? "month") : undefined;
  return { ...term, key: { field, span } };
}

/** Odoo adds numbers up where their field is named; here nothing is added up, and nobody should think so. */
function requireCountsOnly(fields: RpcValue | undefined, model: OdooModel) {
  const names = fields || [];
  if (!isList(names))
    throw new RpcUsageError("fields must be a list of field names.");
  const wrong = names.find((name) => !isCountable(name, model));
  if (wrong !== undefined)
    throw new RpcUsageError(
      `fields: ${JSON.stringify(wrong).slice(0, 80)} can't be had from read_group, which counts records only; leave it out.`,
    );
}

function isCountable(name: RpcValue, model: OdooModel): boolean {
  if (name === "__count" || name === "id") return true;
  const field = typeof name === "string" ? model.field(name) : undefined;
  return field !== undefined && field.type !== "integer";
}

/** Days and months are those of the caller, as his context says. */
function timeZoneOf({ context }: ModelCall): string {
  const { tz } = context;
  if (typeof tz !== "string" || tz === "") return "UTC";
  // What +01:00 says, PostgreSQL takes for the other direction.
  if (/^[A-Za-z]/.test(tz) && isTimezone(tz)) return tz;
  throw new RpcUsageError(
    `context: tz is ${JSON.stringify(tz.slice(0, 80))}, which is no time zone; give one such as "Europe/Vienna".`,
  );
}

interface Shown {
  readonly taken: readonly Grouping[];
  /** What a lazy grouping has left; undefined where it wasn't lazy. */
  readonly rest: readonly string[] | undefined;
  readonly call: ModelCall;
}

function present(
  { keys, count }: RecordGroup,
  { taken, rest, call }: Shown,
): RpcStruct {
  const group: RpcStruct = {};
  const ranges: RpcStruct = {};
  const domain: RpcValue[] = [];
  taken.forEach((grouping, at) => {
    const key = keys[at] ?? null;
    group[grouping.spec] = valueOf(grouping, key);
    domain.push(...conditionsOf(grouping, key));
    if (grouping.key.span !== undefined)
      ranges[grouping.spec] = key === null ? false : rangeOf(key as TimeRange);
  });
  const [first] = taken;
  if (rest !== undefined && first) group[countName(first)] = count;
  group["__count"] = count;
  group["__domain"] = [...domain, ...askedDomain(call)];
  if (Object.keys(ranges).length > 0) group["__range"] = ranges;
  if (rest !== undefined && rest.length > 0)
    group["__context"] = { group_by: [...rest] };
  return call.wire === "xml" ? (xmlCarriable(group) as RpcStruct) : group;
}

function askedDomain({ args }: ModelCall): readonly RpcValue[] {
  const { domain } = args;
  return isList(domain) ? domain : [];
}

function valueOf({ key }: Grouping, value: unknown): RpcValue {
  if (value === null) return false;
  if (key.span !== undefined) return (value as TimeRange).label;
  if (key.field.type !== "many2one") return value as RpcValue;
  const [number, name] = value as [number, string | null];
  return [number, name ?? ""];
}

/** What finds the group's records again, together with the domain of the call. */
function conditionsOf({ key, field }: Grouping, value: unknown): RpcValue[] {
  if (value === null) return [[field, "=", false]];
  if (key.span !== undefined) {
    const { from, to } = rangeOf(value as TimeRange);
    return [
      [field, ">=", from],
      [field, "<", to],
    ];
  }
  const plain =
    key.field.type === "many2one" ? (value as [number, string])[0] : value;
  return [[field, "=", plain as RpcValue]];
}

function rangeOf({ from, to }: TimeRange): { from: string; to: string } {
  return { from: odooDateTime(from), to: odooDateTime(to) };
}
