import { RpcUsageError } from "../rpc-errors";
import { isList, quoted, type RpcValue } from "../rpc-value";
import {
  type DomainNode,
  type DomainScalar,
  type Inequality,
  opposite,
} from "./domain-node";

/** Makes the node of a condition on one field; `name` is the condition's path, for messages. */
export type ConditionBuilder = (
  field: string,
  value: RpcValue,
  name: string,
) => DomainNode;

const positive: readonly (readonly [string, ConditionBuilder])[] = [
  ["=", equals],
  ["in", isIn],
  ["like", like({ isWhole: false, ignoresCase: false })],
  ["ilike", like({ isWhole: false, ignoresCase: true })],
  ["=like", like({ isWhole: true, ignoresCase: false })],
  ["=ilike", like({ isWhole: true, ignoresCase: true })],
];

/** Every operator but `any` and `not any`, whose value is a domain (Odoo 19.0, odoo/orm/domains.py). */
export const CONDITION_BUILDERS: ReadonlyMap<string, ConditionBuilder> =
  new Map<string, ConditionBuilder>([
    ...positive,
    ["==", equals],
    ["!=", not(equals)],
    ["<>", not(equals)],
    ...positive
      .slice(1)
      .map(([operator, build]) => [`not ${operator}`, not(build)] as const),
    ...(["<", "<=", ">", ">="] as const).map(
      (operator) => [operator, inequality(operator)] as const,
    ),
    ["=?", equalsIfGiven],
    ["child_of", hierarchy],
    ["parent_of", hierarchy],
  ]);

function not(build: ConditionBuilder): ConditionBuilder {
  return (field, value, name) =>
    opposite<DomainNode>(build(field, value, name));
}

/** `= []` asks for "not set", `= [a, b]` for one of them. */
function equals(field: string, value: RpcValue, name: string): DomainNode {
  const items = isList(value) ? value : [value];
  if (items.length === 0) return { kind: "in", field, values: [false] };
  return isIn(field, items, name);
}

/** `in` one value means that value, and `in False` nothing at all, as `in []`. */
function isIn(field: string, value: RpcValue, name: string): DomainNode {
  if (isList(value))
    return { kind: "in", field, values: value.map((one) => scalar(one, name)) };
  const one = scalar(value, name);
  return { kind: "in", field, values: isFalsy(one) ? [] : [one] };
}

/** `=?` without a value doesn't filter: everything is not among nothing. */
function equalsIfGiven(field: string, value: RpcValue, name: string) {
  const isGiven = isList(value)
    ? value.length > 0
    : !isFalsy(scalar(value, name));
  if (isGiven) return equals(field, value, name);
  return opposite<DomainNode>({ kind: "in", field, values: [] });
}

/** No model here has a hierarchy, so a record's only descendant and ancestor is itself; nothing's are nothing. */
function hierarchy(field: string, value: RpcValue, name: string): DomainNode {
  const items = isList(value) ? value : [value];
  const values = items.map((one) => scalar(one, name)).filter(Boolean);
  return { kind: "in", field, values };
}

function inequality(operator: Inequality): ConditionBuilder {
  return (field, value, name) => ({
    kind: "compare",
    field,
    operator,
    value: scalar(value, name),
  });
}

function like(form: {
  readonly isWhole: boolean;
  readonly ignoresCase: boolean;
}): ConditionBuilder {
  return (field, value, name) => {
    const pattern = scalar(value, name);
    if (isFalsy(pattern) && form.isWhole)
      return { kind: "in", field, values: [false] };
    if (typeof pattern === "boolean" && pattern)
      throw new RpcUsageError(
        `Domain: ${name} can't be matched with true; use ["${name}", "!=", false] for "is set".`,
      );
    const text = isFalsy(pattern) ? "" : String(pattern);
    return { kind: "like", field, pattern: text, ...form };
  };
}

function isFalsy(value: DomainScalar): boolean {
  return value === false || value === 0 || value === "";
}

function scalar(value: RpcValue, name: string): DomainScalar {
  if (value === null) return false;
  if (["string", "number", "boolean"].includes(typeof value))
    return value as DomainScalar;
  throw new RpcUsageError(
    `Domain: ${name} can't be compared to ${quoted(value)}; use a text, a number, true or false (or, with "in", a list of them).`,
  );
}
