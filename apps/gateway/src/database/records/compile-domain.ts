import type { BoundNode, Inequality } from "@vworkspace/odoo-rpc";
import type { RecordField, RecordModel } from "./record-model";
import type { SqlParameters } from "./sql-parameters";

type Node = BoundNode<RecordField>;
type NodeOf<K extends Node["kind"]> = Extract<Node, { kind: K }>;

/** The row that a condition is about, and what its statement has collected. */
export interface CompileScope {
  readonly alias: string;
  readonly parameters: SqlParameters;
  /** Placeholder of the organization; every part of the statement is held to it, besides row-level security. */
  readonly organization: string;
}

/** The SQL condition of a bound domain; `evaluateDomain` of the RPC library is the same in memory. */
export function compileDomain(node: Node, scope: CompileScope): string {
  switch (node.kind) {
    case "constant":
      return node.value ? "true" : "false";
    case "and":
    case "or":
      return `(${node.nodes.map((one) => compileDomain(one, scope)).join(` ${node.kind} `)})`;
    case "not":
      return `(${compileDomain(node.node, scope)} is not true)`;
    case "any":
      return anyRelated(node, scope);
    case "in":
      return isIn(node, scope);
    case "compare":
      return compare(node, scope);
    case "like":
      return like(node, scope);
  }
}

/** `where` of all records of a model in one organization that a domain selects. */
export function compileWhere(
  domain: Node | undefined,
  scope: CompileScope,
): string {
  const own = `${scope.alias}.organization_id = ${scope.organization}`;
  return domain === undefined
    ? own
    : `${own} and ${compileDomain(domain, scope)}`;
}

function anyRelated({ field, node }: NodeOf<"any">, scope: CompileScope) {
  const isOne =
    node.kind === "in" &&
    node.field.isUnique === true &&
    node.values.length === 1 &&
    !node.orUnset;
  return relatedIs(field, scope, {
    isOne,
    condition: (inner) => compileDomain(node, inner),
  });
}

/**
 * The related record is among those of a condition. A subquery and not a join: it is computed once, and the outer query
 * can use the index on the relation, also through OR and in each part of a union. Where at most one record fits it is
 * compared by `=`, so that rows in the index's order need no sorting.
 */
function relatedIs(
  field: RecordField,
  scope: CompileScope,
  related: { isOne: boolean; condition: (inner: CompileScope) => string },
): string {
  const { organization, parameters } = scope;
  const alias = parameters.alias();
  const condition = related.condition({ ...scope, alias });
  const keys = `(select ${alias}.id from ${targetOf(field).from} ${alias} where ${alias}.organization_id = ${organization} and ${condition})`;
  const key = field.sql(scope.alias);
  return related.isOne ? `${key} = ${keys}` : `${key} = any(array${keys})`;
}

export function targetOf(field: RecordField): RecordModel {
  if (field.target === undefined)
    throw new Error(`The field ${field.name} leads to no model.`);
  return field.target();
}

function isIn(node: NodeOf<"in">, scope: CompileScope): string {
  const { field, values, orUnset } = node;
  const parts: string[] = [];
  if (values.length > 0) parts.push(isOneOf(field, values, scope));
  if (orUnset && field.isAlwaysSet !== true)
    parts.push(`${field.sql(scope.alias)} is null`);
  return parts.length === 0 ? "false" : `(${parts.join(" or ")})`;
}

function isOneOf(
  field: RecordField,
  values: NodeOf<"in">["values"],
  scope: CompileScope,
): string {
  const { alias, parameters } = scope;
  if (field.type === "many2one")
    return relatedIs(field, scope, {
      isOne: values.length === 1,
      condition: (inner) =>
        `${inner.alias}.number = any(${parameters.add(values, "bigint[]")})`,
    });
  const [list, type] = field.isUuid
    ? [values.filter(isCanonicalUuid), "uuid[]"]
    : [values, `${SCALAR_TYPES[field.type] ?? "text"}[]`];
  return `${field.sql(alias)} = any(${parameters.add(list, type)})`;
}

/** A text that is no uuid, or one written otherwise than we show it, equals none. */
function isCanonicalUuid(value: unknown): boolean {
  return (
    typeof value === "string" &&
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
  );
}

const SCALAR_TYPES: Readonly<Record<string, string>> = {
  integer: "bigint",
  float: "double precision",
  boolean: "boolean",
  datetime: "timestamptz",
};

function compare(node: NodeOf<"compare">, scope: CompileScope): string {
  const { field, operator, value } = node;
  const type = SCALAR_TYPES[field.type];
  if (type === undefined) return compareText(node, scope);
  const bound = field.type === "datetime" ? momentOf(value) : value;
  const condition = `${field.sql(scope.alias)} ${operator} ${scope.parameters.add(bound, type)}`;
  if (field.isTimeOfId !== true) return condition;
  const id = scope.parameters.add(boundOfId(operator, String(value)), "uuid");
  return `(${condition} and ${scope.alias}.id ${operator} ${id})`;
}

/** How far the clock of a replica may be from the database's. */
const CLOCKS_DIFFER_MS = 24 * 3600 * 1000;
const LAST_MS = 2 ** 48 - 1;

/** The UUIDv7 that no record on this side of the time lies beyond. */
function boundOfId(operator: Inequality, time: string): string {
  const difference = operator.startsWith(">")
    ? -CLOCKS_DIFFER_MS
    : CLOCKS_DIFFER_MS;
  const moment = Date.parse(`${time.replace(" ", "T")}Z`) + difference;
  const milliseconds = Math.min(Math.max(moment, 0), LAST_MS);
  const hex = milliseconds.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** By code points, whatever collation the database has. */
function compareText(
  node: { field: RecordField; operator: Inequality; value: string | number },
  scope: CompileScope,
): string {
  const value = scope.parameters.add(String(node.value), "text");
  return `${textOf(node.field, scope.alias)} collate "C" ${node.operator} ${value}`;
}

/** PostgreSQL has no year 0; nothing that a record holds is as old. */
function momentOf(value: string | number): string {
  const text = String(value);
  return text.startsWith("0000") ? "-infinity" : `${text}+00`;
}

function like(node: NodeOf<"like">, scope: CompileScope): string {
  const operator = node.ignoresCase ? "ilike" : "like";
  const pattern = scope.parameters.add(node.pattern, "text");
  return `${textOf(node.field, scope.alias)} ${operator} ${pattern}`;
}

/** The text that clients see of a value. */
function textOf(field: RecordField, alias: string): string {
  const value = field.sql(alias);
  switch (field.type) {
    case "char":
    case "text":
    case "selection":
      return field.isUuid ? `${value}::text` : value;
    case "datetime":
      return `to_char(${value} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')`;
    default:
      return `(${value})::text`;
  }
}
