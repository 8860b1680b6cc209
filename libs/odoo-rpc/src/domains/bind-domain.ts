import { RpcUsageError } from "../rpc-errors";
import { bindBoolean, bindStruct } from "./bind-flag";
import { bindMoment } from "./bind-moment";
import { bindScalar } from "./bind-scalar";
import type { BoundNode } from "./bound-node";
import { type Condition, isUnset, refuseValue } from "./condition";
import {
  type DomainField,
  type DomainModel,
  isRelational,
} from "./domain-model";
import { combine, type DomainNode, opposite } from "./domain-node";

/**
 * Binds a domain to a model: every field is looked up, every value brought to its field's type, and Odoo's rules about
 * "not set" and names of related records are written out (see BoundNode).
 * @throws RpcUsageError naming the unknown field, or the value or operator that doesn't go with the field's type
 */
export function bindDomain<F extends DomainField>(
  node: DomainNode,
  model: DomainModel<F>,
): BoundNode<F> {
  switch (node.kind) {
    case "constant":
      return node;
    case "and":
    case "or":
      return combine<BoundNode<F>>(
        node.kind,
        node.nodes.map((one) => bindDomain(one, model)),
      );
    case "not":
      return opposite<BoundNode<F>>(bindDomain(node.node, model));
    case "any": {
      const field = fieldOf(model, node.field);
      return anyRelated(field, model, node.node);
    }
    default:
      return bindCondition(node, fieldOf(model, node.field), model);
  }
}

function bindCondition<F extends DomainField>(
  node: Condition,
  field: F,
  model: DomainModel<F>,
): BoundNode<F> {
  if (isRelational(field)) return bindRelation(node, field, model);
  switch (field.type) {
    case "boolean":
      return bindBoolean(node, field);
    case "json":
      return bindStruct(node, field);
    case "datetime":
      return bindMoment(node, field);
    default:
      return bindScalar(node, field);
  }
}

function fieldOf<F extends DomainField>(
  model: DomainModel<F>,
  name: string,
): F {
  const alias = name === "display_name" ? model.displayField : name;
  const field = model.field(name) ?? model.field(alias);
  if (field === undefined)
    throw new RpcUsageError(
      `Domain: the field ${name} does not exist on ${model.name}; fields_get lists those that do.`,
    );
  return field;
}

function anyRelated<F extends DomainField>(
  field: F,
  model: DomainModel<F>,
  node: DomainNode,
): BoundNode<F> {
  const comodel = isRelational(field) ? model.comodel(field) : undefined;
  if (comodel === undefined)
    throw new RpcUsageError(
      `Domain: ${field.name} on ${model.name} is of type ${field.type} and leads to no other record; neither a path nor "any" can go through it.`,
    );
  return {
    kind: "any",
    field,
    model: comodel,
    node: bindDomain(node, comodel),
  };
}

/** A relation is compared to ids, or by text to what its records are called; the conditions on those are the records'. */
function bindRelation<F extends DomainField>(
  node: Condition,
  field: F,
  model: DomainModel<F>,
): BoundNode<F> {
  if (node.kind === "in") return bindRelationIn(node.values, field, model);
  if (node.kind === "compare") {
    if (typeof node.value !== "number") refuseValue(field, node.value, "an id");
    return anyRelated(field, model, { ...node, field: "id" });
  }
  if (node.pattern === "") return opposite<BoundNode<F>>(isUnset(field));
  return anyRelated(field, model, { ...node, field: "display_name" });
}

function bindRelationIn<F extends DomainField>(
  values: readonly (string | number | boolean)[],
  field: F,
  model: DomainModel<F>,
): BoundNode<F> {
  const ids: number[] = [];
  const names: string[] = [];
  for (const value of values) {
    if (typeof value === "string") names.push(value);
    else if (Number.isSafeInteger(value)) ids.push(value as number);
    else if (value !== false)
      refuseValue(field, value, "an id, a name or false");
  }
  const orUnset = values.includes(false);
  const nodes: BoundNode<F>[] = [];
  if (ids.length > 0 || orUnset)
    nodes.push({ kind: "in", field, values: ids, orUnset });
  if (names.length > 0)
    nodes.push(
      anyRelated(field, model, {
        kind: "in",
        field: "display_name",
        values: names,
      }),
    );
  return combine<BoundNode<F>>("or", nodes);
}
