import { RpcUsageError } from "../rpc-errors";
import { isList, quoted, type RpcValue } from "../rpc-value";
import { combine, type DomainNode, opposite } from "./domain-node";
import { CONDITION_BUILDERS } from "./domain-operators";

export interface DomainLimits {
  /** Conditions in the whole domain, those within `any` included. */
  readonly conditions: number;
  /** Values that fields are compared to, all conditions together. */
  readonly values: number;
  /** Domains in domains, by `any`; also the segments of a dotted path. */
  readonly depth: number;
}

export const DOMAIN_LIMITS: DomainLimits = {
  conditions: 500,
  values: 10_000,
  depth: 6,
};

/**
 * Reads a domain: Polish notation over `[field, operator, value]`, with "&" between what nothing joins. `[]` is true.
 * Nothing is known of the model here: `bindDomain` checks the fields.
 * @throws RpcUsageError naming the operator, the field or the shape; nothing else, whatever the value is
 */
export function parseDomain(
  value: unknown,
  limits: DomainLimits = DOMAIN_LIMITS,
): DomainNode {
  return new DomainReader(limits).read(value as RpcValue, 1);
}

const PATH = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const MAX_PATH_CHARACTERS = 200;

class DomainReader {
  private conditions = 0;
  private values = 0;

  constructor(private readonly limits: DomainLimits) {}

  read(value: RpcValue, depth: number): DomainNode {
    if (typeof value === "boolean") return { kind: "constant", value };
    if (!isList(value))
      throw new RpcUsageError(
        `Domain: ${quoted(value)} is no domain; send a list such as [["name", "=", "x"]].`,
      );
    if (depth > this.limits.depth)
      throw new RpcUsageError(
        `Domain: more than ${this.limits.depth} levels of "any" in each other.`,
      );
    // A connective takes what stands to its right, so reading from the right needs no look-ahead.
    const stack: DomainNode[] = [];
    for (let index = value.length - 1; index >= 0; index -= 1)
      this.reduce(stack, value[index] as RpcValue, depth);
    return combine<DomainNode>("and", stack.reverse());
  }

  private reduce(stack: DomainNode[], item: RpcValue, depth: number): void {
    this.count();
    if (item === "!") stack.push(opposite<DomainNode>(operand(stack, item)));
    else if (item === "&" || item === "|") {
      const left = operand(stack, item);
      const right = operand(stack, item);
      stack.push(
        combine<DomainNode>(item === "&" ? "and" : "or", [left, right]),
      );
    } else stack.push(this.readCondition(item, depth));
  }

  /** Connectives count too: a domain of conditions alone has as many of them as conditions. */
  private count(): void {
    this.conditions += 1;
    if (this.conditions > this.limits.conditions * 2)
      throw new RpcUsageError(
        `Domain: more than ${this.limits.conditions} conditions; use "in" with a list, or several searches.`,
      );
  }

  private readCondition(item: RpcValue, depth: number): DomainNode {
    if (!isList(item) || item.length !== 3)
      throw new RpcUsageError(
        `Domain: ${quoted(item)} is neither "&", "|", "!" nor [field, operator, value].`,
      );
    const [field, operator, value] = item as [RpcValue, RpcValue, RpcValue];
    if (typeof field === "number") return constant(item, field);
    if (typeof field !== "string" || !isPath(field))
      throw new RpcUsageError(`Domain: ${quoted(field)} is no field.`);
    const path = field.split(".");
    if (path.length > this.limits.depth)
      throw new RpcUsageError(
        `Domain: the path ${field} has more than ${this.limits.depth} segments.`,
      );
    const last = path.pop() as string;
    const node = this.readLeaf(last, operator, { value, path: field, depth });
    return path.reduceRight<DomainNode>(
      (inner, name) => ({ kind: "any", field: name, node: inner }),
      node,
    );
  }

  private readLeaf(
    field: string,
    operator: RpcValue,
    condition: { value: RpcValue; path: string; depth: number },
  ): DomainNode {
    const { value, path, depth } = condition;
    const name = typeof operator === "string" ? operator.toLowerCase() : "";
    if (name === "any" || name === "not any") {
      const node = this.read(value, depth + 1);
      const any: DomainNode = { kind: "any", field, node };
      return name === "any" ? any : opposite<DomainNode>(any);
    }
    const build = CONDITION_BUILDERS.get(name);
    if (build === undefined)
      throw new RpcUsageError(
        `Domain: the operator ${quoted(operator)} on ${path} is unknown; there are ${[...CONDITION_BUILDERS.keys()].join(", ")}, any, not any.`,
      );
    this.countValues(value);
    return build(field, value, path);
  }

  private countValues(value: RpcValue): void {
    this.values += isList(value) ? value.length : 1;
    if (this.values > this.limits.values)
      throw new RpcUsageError(
        `Domain: more than ${this.limits.values} values; search in several steps.`,
      );
  }
}

function operand(stack: DomainNode[], connective: string): DomainNode {
  const node = stack.pop();
  if (node === undefined)
    throw new RpcUsageError(
      `Domain: "${connective}" has too few conditions to its right.`,
    );
  return node;
}

function isPath(field: string): boolean {
  return field.length <= MAX_PATH_CHARACTERS && PATH.test(field);
}

/** `[1, "=", 1]` is true, `[0, "=", 1]` false; no other condition has a number on its left. */
function constant(item: RpcValue, left: number): DomainNode {
  const [, operator, right] = item as readonly RpcValue[];
  if (operator === "=" && right === 1 && (left === 0 || left === 1))
    return { kind: "constant", value: left === 1 };
  throw new RpcUsageError(
    `Domain: ${quoted(item)} is neither [1, "=", 1] (true) nor [0, "=", 1] (false).`,
  );
}
