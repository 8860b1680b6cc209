import type { BoundNode } from "./bound-node";
import {
  type Condition,
  isUnset,
  refuseOperator,
  refuseValue,
} from "./condition";
import type { DomainField } from "./domain-model";
import { combine, type DomainScalar, opposite } from "./domain-node";

/** Python's str2bool, as Odoo applies it; any other text is false. */
const TRUE_TEXTS: ReadonlySet<string> = new Set([
  "y",
  "yes",
  "1",
  "true",
  "t",
  "on",
]);

/** A boolean that is not set is false. */
export function bindBoolean<F extends DomainField>(
  node: Condition,
  field: F,
): BoundNode<F> {
  if (node.kind !== "in") refuseOperator(field, '"=", "!=" or "in"');
  const isTrue: BoundNode<F> = {
    kind: "in",
    field,
    values: [true],
    orUnset: false,
  };
  const wanted = new Set(node.values.map(asBoolean));
  const nodes: BoundNode<F>[] = [];
  if (wanted.has(true)) nodes.push(isTrue);
  if (wanted.has(false)) nodes.push(opposite<BoundNode<F>>(isTrue));
  return nodes.length === 2
    ? { kind: "constant", value: true }
    : combine<BoundNode<F>>("or", nodes);
}

function asBoolean(value: DomainScalar): boolean {
  return typeof value === "string"
    ? TRUE_TEXTS.has(value.toLowerCase())
    : Boolean(value);
}

/** Of a struct or list only whether it is set can be asked. */
export function bindStruct<F extends DomainField>(
  node: Condition,
  field: F,
): BoundNode<F> {
  if (node.kind !== "in") refuseOperator(field, '"=" or "!=" with false');
  const other = node.values.find((value) => value !== false);
  if (other !== undefined) refuseValue(field, other, 'false ("not set")');
  return node.values.length === 0
    ? { kind: "constant", value: false }
    : isUnset(field);
}
