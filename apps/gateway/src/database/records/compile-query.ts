import type { OrderTerm } from "@vworkspace/odoo-rpc";
import { type CompileScope, compileWhere, targetOf } from "./compile-domain";
import type { RecordField, RecordModel } from "./record-model";
import type { RecordQuery } from "./record-store";
import { SqlParameters } from "./sql-parameters";

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The numbers of the records that a query selects. */
export function compileSearch(
  model: RecordModel,
  organizationId: string,
  query: RecordQuery,
): Statement {
  const scope = newScope(organizationId);
  const { alias, parameters } = scope;
  const joins = new Joins(scope);
  const where = compileWhere(query.domain, scope);
  const order = orderBy(model, query.order ?? [], joins);
  const sql = `select ${alias}.number from ${model.from} ${alias}${joins.sql()} where ${where} order by ${order} limit ${parameters.add(query.limit, "bigint")} offset ${parameters.add(query.offset ?? 0, "bigint")}`;
  return { sql, values: parameters.values };
}

export function compileCount(
  model: RecordModel,
  organizationId: string,
  query: Pick<RecordQuery, "domain" | "limit">,
): Statement {
  const scope = newScope(organizationId);
  const { alias, parameters } = scope;
  const where = compileWhere(query.domain, scope);
  const sql = `select count(*)::integer as count from (select 1 from ${model.from} ${alias} where ${where} limit ${parameters.add(query.limit, "bigint")}) counted`;
  return { sql, values: parameters.values };
}

/** Fields of the records with these numbers: `number`, then `f0`, `f1`, …; a many2one is `f0` (number) and `f0_name`. */
export function compileRead(
  model: RecordModel,
  organizationId: string,
  wanted: { fields: readonly RecordField[]; numbers: readonly number[] },
): Statement {
  const scope = newScope(organizationId);
  const { alias, parameters } = scope;
  const joins = new Joins(scope);
  const columns = wanted.fields.map((field, index) =>
    field.type === "many2one"
      ? `${joins.number(field)} as f${index}, ${joins.display(field)} as f${index}_name`
      : `${field.sql(alias)} as f${index}`,
  );
  const where = compileWhere(undefined, scope);
  const numbers = parameters.add(wanted.numbers, "bigint[]");
  const sql = `select ${[`${alias}.number`, ...columns].join(", ")} from ${model.from} ${alias}${joins.sql()} where ${where} and ${alias}.number = any(${numbers})`;
  return { sql, values: parameters.values };
}

/** Number and UUID of records, by one or the other. */
export function compileKeys(
  model: RecordModel,
  organizationId: string,
  by: { column: "id" | "number"; values: readonly (string | number)[] },
): Statement {
  const scope = newScope(organizationId);
  const { alias, parameters } = scope;
  const type = by.column === "id" ? "uuid[]" : "bigint[]";
  const sql = `select ${alias}.number, ${alias}.id as key from ${model.from} ${alias} where ${compileWhere(undefined, scope)} and ${alias}.${by.column} = any(${parameters.add(by.values, type)})`;
  return { sql, values: parameters.values };
}

/** One organization's records, in a statement of their own. */
export function newScope(organizationId: string): CompileScope {
  const parameters = new SqlParameters();
  const organization = parameters.add(organizationId, "uuid");
  return { alias: parameters.alias(), parameters, organization };
}

function orderBy(
  model: RecordModel,
  terms: readonly OrderTerm[],
  joins: Joins,
): string {
  if (terms.length === 0) return model.defaultOrder(joins.alias);
  const parts = terms.map((term) => {
    const field = fieldOf(model, term.field);
    const value =
      field.type === "many2one" ? joins.display(field) : field.sql(joins.alias);
    const nulls = term.nulls === undefined ? "" : ` nulls ${term.nulls}`;
    return `${value} ${term.direction}${nulls}`;
  });
  // Equal records keep one order from page to page.
  return [...parts, `${joins.alias}.number`].join(", ");
}

/** @throws Error for a name that nobody checked. */
export function fieldOf(model: RecordModel, name: string): RecordField {
  const field = model.field(name);
  if (field === undefined)
    throw new Error(`${model.name} has no field ${name}.`);
  return field;
}

/** Joins to the records that many2one fields lead to; each once. */
class Joins {
  private readonly made = new Map<string, string>();
  private readonly parts: string[] = [];

  constructor(private readonly scope: CompileScope) {}

  get alias(): string {
    return this.scope.alias;
  }

  number(field: RecordField): string {
    return `${this.join(field)}.number`;
  }

  display(field: RecordField): string {
    const target = targetOf(field);
    return fieldOf(target, target.displayField).sql(this.join(field));
  }

  sql(): string {
    return this.parts.join("");
  }

  private join(field: RecordField): string {
    const existing = this.made.get(field.name);
    if (existing !== undefined) return existing;
    const joined = this.scope.parameters.alias();
    const { alias, organization } = this.scope;
    this.parts.push(
      ` left join ${targetOf(field).from} ${joined} on ${joined}.organization_id = ${organization} and ${joined}.id = ${field.sql(alias)}`,
    );
    this.made.set(field.name, joined);
    return joined;
  }
}
