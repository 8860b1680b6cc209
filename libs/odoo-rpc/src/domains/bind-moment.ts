import { isDay, odooDateTime, parseOdooDateTime } from "../odoo-date-time";
import type { BoundNode } from "./bound-node";
import { type Condition, isUnset, refuseValue } from "./condition";
import type { DomainField } from "./domain-model";
import {
  combine,
  type DomainScalar,
  type Inequality,
  opposite,
} from "./domain-node";
import { likePattern } from "./like-pattern";

const SECOND_MS = 1000;
const DAY_MS = 24 * 3600 * SECOND_MS;

/**
 * Moments are kept finer than the second that clients see. So a moment stands for its whole second, and in inequalities
 * a day for all of it: `<= 2026-01-31` includes that day's evening, `> 2026-01-31` begins the day after.
 */
export function bindMoment<F extends DomainField>(
  node: Condition,
  field: F,
): BoundNode<F> {
  if (node.kind === "compare")
    return node.value === false
      ? { kind: "constant", value: false }
      : inequality(field, node.operator, moment(field, node.value));
  if (node.kind === "like") {
    if (node.pattern === "") return { kind: "constant", value: true };
    const pattern = likePattern(node.pattern, node.isWhole);
    return { kind: "like", field, pattern, ignoresCase: node.ignoresCase };
  }
  return combine<BoundNode<F>>(
    "or",
    node.values.map((value) =>
      value === false
        ? isUnset(field)
        : wholeSecond(field, moment(field, value).date),
    ),
  );
}

interface Moment {
  readonly date: Date;
  readonly lengthMs: number;
}

function moment(field: DomainField, value: DomainScalar): Moment {
  const date = typeof value === "string" ? parseOdooDateTime(value) : undefined;
  if (date === undefined)
    refuseValue(field, value, '"YYYY-MM-DD HH:MM:SS" in UTC');
  return { date, lengthMs: isDay(String(value)) ? DAY_MS : SECOND_MS };
}

function wholeSecond<F extends DomainField>(
  field: F,
  date: Date,
): BoundNode<F> {
  const end = inequality(field, "<=", { date, lengthMs: SECOND_MS });
  return combine<BoundNode<F>>("and", [at(field, ">=", date), end]);
}

/** Only `>=` and `<` remain, at the moment's beginning or at what follows its end. */
function inequality<F extends DomainField>(
  field: F,
  operator: Inequality,
  { date, lengthMs }: Moment,
): BoundNode<F> {
  if (operator === ">=" || operator === "<") return at(field, operator, date);
  const next = new Date(date.getTime() + lengthMs);
  const isBeyondCalendar = next.getUTCFullYear() > 9999;
  if (operator === ">")
    return isBeyondCalendar
      ? { kind: "constant", value: false }
      : at(field, ">=", next);
  return isBeyondCalendar
    ? opposite<BoundNode<F>>(isUnset(field))
    : at(field, "<", next);
}

function at<F extends DomainField>(
  field: F,
  operator: Inequality,
  date: Date,
): BoundNode<F> {
  return { kind: "compare", field, operator, value: odooDateTime(date) };
}
