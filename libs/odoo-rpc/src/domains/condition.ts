import { RpcUsageError } from "../rpc-errors";
import { quoted } from "../rpc-value";
import type { BoundNode } from "./bound-node";
import type { DomainField } from "./domain-model";
import type { DomainNode, DomainScalar } from "./domain-node";

/** A node that compares one field. */
export type Condition = Extract<
  DomainNode,
  { kind: "in" | "compare" | "like" }
>;

/** The field has no value. */
export function isUnset<F extends DomainField>(field: F): BoundNode<F> {
  return { kind: "in", field, values: [], orUnset: true };
}

/** @throws RpcUsageError: the value doesn't go with the field's type; `remedy` says what does. */
export function refuseValue(
  field: DomainField,
  value: DomainScalar,
  remedy: string,
): never {
  throw new RpcUsageError(
    `Domain: ${field.name} is of type ${field.type} and can't be compared to ${quoted(value)}; use ${remedy}.`,
  );
}

/** @throws RpcUsageError: the operator doesn't go with the field's type. */
export function refuseOperator(field: DomainField, remedy: string): never {
  throw new RpcUsageError(
    `Domain: ${field.name} is of type ${field.type}, which this operator can't compare; use ${remedy}.`,
  );
}
