import type { BoundNode } from "./bound-node";
import { satisfies } from "./compare-scalars";
import { type DomainField, isRelational } from "./domain-model";
import { isLike } from "./like-pattern";

/** How records in memory are read. */
export interface RecordReader<F extends DomainField, R> {
  id(record: R): number;
  /** The value of a field that is no relation; moments as text, `YYYY-MM-DD HH:MM:SS` in UTC. null: not set. */
  value(record: R, field: F): string | number | boolean | null;
  /** The records that a relational field leads to. */
  related(record: R, field: F): readonly R[];
}

/**
 * Whether a record is in a bound domain: the reference for what a store's query must select.
 */
export function evaluateDomain<F extends DomainField, R>(
  node: BoundNode<F>,
  record: R,
  reader: RecordReader<F, R>,
): boolean {
  switch (node.kind) {
    case "constant":
      return node.value;
    case "and":
      return node.nodes.every((one) => evaluateDomain(one, record, reader));
    case "or":
      return node.nodes.some((one) => evaluateDomain(one, record, reader));
    case "not":
      return !evaluateDomain(node.node, record, reader);
    case "any":
      return reader
        .related(record, node.field)
        .some((one) => evaluateDomain(node.node, one, reader));
    default:
      return evaluateCondition(node, record, reader);
  }
}

function evaluateCondition<F extends DomainField, R>(
  node: Extract<BoundNode<F>, { kind: "in" | "compare" | "like" }>,
  record: R,
  reader: RecordReader<F, R>,
): boolean {
  const values = valuesOf(node.field, record, reader);
  switch (node.kind) {
    case "in":
      return values.length === 0
        ? node.orUnset
        : values.some((value) => node.values.includes(value));
    case "compare":
      return values.some(
        (value) =>
          typeof value !== "boolean" &&
          satisfies(node.operator, value, node.value),
      );
    case "like":
      return values.some((value) =>
        node.ignoresCase
          ? isLike(String(value).toLowerCase(), node.pattern.toLowerCase())
          : isLike(String(value), node.pattern),
      );
  }
}

/** The ids behind a relation, the one value of any other field, nothing when it is not set. */
function valuesOf<F extends DomainField, R>(
  field: F,
  record: R,
  reader: RecordReader<F, R>,
): readonly (string | number | boolean)[] {
  if (isRelational(field))
    return reader.related(record, field).map((one) => reader.id(one));
  const value = reader.value(record, field);
  return value === null ? [] : [value];
}
