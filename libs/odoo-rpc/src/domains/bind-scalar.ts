import { odooDateTime, parseOdooDateTime } from "../odoo-date-time";
import type { BoundNode } from "./bound-node";
import { type Condition, isUnset, refuseValue } from "./condition";
import { satisfies } from "./compare-scalars";
import type { DomainField } from "./domain-model";
import { combine, type DomainScalar } from "./domain-node";
import { likePattern } from "./like-pattern";

/**
 * Texts, numbers, selections and days. A text that is not set equals "", a number that is not set equals 0, both ways
 * (Odoo's `falsy_value`); a selection or a day that is not set equals nothing.
 */
export function bindScalar<F extends DomainField>(
  node: Condition,
  field: F,
): BoundNode<F> {
  switch (node.kind) {
    case "in":
      return bindIn(node.values, field);
    case "compare":
      return bindCompare(node, field);
    case "like":
      if (node.pattern === "") return { kind: "constant", value: true };
      return {
        kind: "like",
        field,
        pattern: likePattern(node.pattern, node.isWhole),
        ignoresCase: node.ignoresCase,
      };
  }
}

function bindIn<F extends DomainField>(
  given: readonly DomainScalar[],
  field: F,
): BoundNode<F> {
  if (given.length === 0) return { kind: "constant", value: false };
  const empty = valueWhenUnset(field);
  const values = new Set<string | number>();
  for (const value of given)
    if (value !== false) values.add(coerce(field, value));
  const orUnset =
    given.includes(false) || (empty !== undefined && values.has(empty));
  if (orUnset && empty !== undefined) values.add(empty);
  return { kind: "in", field, values: [...values], orUnset };
}

function bindCompare<F extends DomainField>(
  node: Extract<Condition, { kind: "compare" }>,
  field: F,
): BoundNode<F> {
  const empty = valueWhenUnset(field);
  const value = node.value === false ? empty : coerce(field, node.value);
  if (value === undefined) return { kind: "constant", value: false };
  const comparison: BoundNode<F> = {
    kind: "compare",
    field,
    operator: node.operator,
    value,
  };
  return empty !== undefined && satisfies(node.operator, empty, value)
    ? combine<BoundNode<F>>("or", [comparison, isUnset(field)])
    : comparison;
}

function valueWhenUnset(field: DomainField): string | number | undefined {
  switch (field.type) {
    case "char":
    case "text":
    case "html":
      return "";
    case "integer":
    case "float":
      return 0;
    default:
      return undefined;
  }
}

function coerce(field: DomainField, value: string | number | true) {
  switch (field.type) {
    case "integer":
    case "float":
      return coerceNumber(field, value);
    case "date":
      return coerceDay(field, value);
    default:
      if (value === true)
        refuseValue(field, value, 'a text, or "!=" with false for "is set"');
      return String(value);
  }
}

/** Numbers arrive as text from spreadsheets; true is 1, as in Python. */
function coerceNumber(field: DomainField, value: string | number | true) {
  const isNumeric =
    typeof value !== "string" || /^-?\d{1,15}(\.\d{1,15})?$/.test(value);
  const number = isNumeric ? Number(value) : NaN;
  const fits =
    field.type === "integer"
      ? Number.isSafeInteger(number)
      : Number.isFinite(number);
  if (!fits)
    refuseValue(
      field,
      value,
      field.type === "integer" ? "an integer" : "a number",
    );
  return number === 0 ? 0 : number;
}

function coerceDay(field: DomainField, value: string | number | true): string {
  const date = typeof value === "string" ? parseOdooDateTime(value) : undefined;
  if (date === undefined) refuseValue(field, value, '"YYYY-MM-DD"');
  return odooDateTime(date).slice(0, 10);
}
