import type { GroupOrder, TimeSpan } from "@vworkspace/odoo-rpc";
import { type CompileScope, compileWhere, targetOf } from "./compile-domain";
import { fieldOf, newScope, type Statement } from "./compile-query";
import type { RecordModel } from "./record-model";
import type { GroupKey, GroupQuery } from "./record-store";

/** As Odoo names days and months in English, whatever language the database speaks. */
const LABELS: Readonly<Record<TimeSpan, string>> = {
  day: "DD Mon YYYY",
  month: "FMMonth YYYY",
};

/**
 * Groups of records: `k0`, `k1`, … (and for a many2one `k0_number` and `k0_name`, for a moment `k0_to` and `k0_label`), the
 * group's `count`, and in every row how many records were `counted`. Those are picked first, and no more than the query
 * says, so that a count never takes longer than that.
 */
export function compileGroup(
  model: RecordModel,
  organizationId: string,
  query: GroupQuery,
): Statement {
  const scope = newScope(organizationId);
  const { by } = query;
  const hasSpan = by.some(({ span }) => span !== undefined);
  // A value that nothing refers to has no type, and the statement would fail.
  const zone = hasSpan ? scope.parameters.add(query.timeZone, "text") : "";
  const values = by.map((key, at) => `${valueOf(key, scope, zone)} as k${at}`);
  const where = compileWhere(query.domain, scope);
  const most = scope.parameters.add(query.most, "bigint");
  const picked = `select ${["true as is_there", ...values].join(", ")} from ${model.from} ${scope.alias} where ${where} limit ${most}`;
  const names = by.map((_key, at) => `k${at}`);
  const grouped = `select ${[...names, "count(*)::integer as count", "coalesce(sum(count(*)) over (), 0)::bigint as counted"].join(", ")}
    from picked group by ${names.length === 0 ? "()" : names.join(", ")}`;
  const shown = by.map((key, at) => shownOf(key, at, { scope, zone }));
  const columns = shown.flatMap((one) => one.columns);
  const sql = `with picked as (${picked}), grouped as (${grouped})
    select ${[...columns, "g.count", "g.counted"].join(", ")} from grouped g${shown.map((one) => one.join).join("")}
    order by ${orderOf(query, shown)} limit ${scope.parameters.add(query.limit, "bigint")} offset ${scope.parameters.add(query.offset ?? 0, "bigint")}`;
  return { sql, values: scope.parameters.values };
}

/** What a record is grouped by: unset texts and booleans are as domains have them, the same as "" and false. */
function valueOf(
  { field, span }: GroupKey,
  { alias }: CompileScope,
  zone: string,
): string {
  const value = field.sql(alias);
  if (span !== undefined) return `date_trunc('${span}', ${value}, ${zone})`;
  if (field.type === "boolean") return `coalesce(${value}, false)`;
  if (field.type === "char") return `nullif(${value}::text, '')`;
  return value;
}

interface Shown {
  readonly columns: readonly string[];
  readonly join: string;
  /** What the groups are ordered by where the term stands in the order. */
  readonly rank: string;
}

function shownOf(
  key: GroupKey,
  at: number,
  { scope, zone }: { scope: CompileScope; zone: string },
): Shown {
  const value = `g.k${at}`;
  if (key.span !== undefined) {
    const local = `(${value} at time zone ${zone})`;
    const to = `((${local} + interval '1 ${key.span}') at time zone ${zone}) as k${at}_to`;
    const label = `to_char(${local}, '${LABELS[key.span]}') as k${at}_label`;
    return {
      columns: [`${value} as k${at}`, to, label],
      join: "",
      rank: value,
    };
  }
  if (key.field.type === "many2one") return related(key, at, scope);
  return { columns: [`${value} as k${at}`], join: "", rank: value };
}

function related({ field }: GroupKey, at: number, scope: CompileScope): Shown {
  const target = targetOf(field);
  const joined = scope.parameters.alias();
  const name = fieldOf(target, target.displayField).sql(joined);
  return {
    columns: [`${joined}.number as k${at}`, `${name} as k${at}_name`],
    join: ` left join ${target.from} ${joined} on ${joined}.organization_id = ${scope.organization} and ${joined}.id = g.k${at}`,
    rank: name,
  };
}

/** Equal groups keep one order from page to page. */
function orderOf(
  { order = [], by }: GroupQuery,
  shown: readonly Shown[],
): string {
  const rankOf = ({ by: at }: GroupOrder) =>
    at === "count" ? "g.count" : (shown[at]?.rank ?? "g.count");
  const asked = order.map((one) => `${rankOf(one)} ${one.direction}`);
  const last = by.map((_key, at) => `g.k${at}`);
  const ranks = shown.map(({ rank }) => rank);
  return [...asked, ...ranks, ...last, "g.count"].join(", ");
}
