/** A value that a field is compared to; `false` stands for "not set", as everywhere in Odoo. */
export type DomainScalar = string | number | boolean;

export type Inequality = "<" | "<=" | ">" | ">=";

/** True or false for every record. */
export interface Constant {
  readonly kind: "constant";
  readonly value: boolean;
}

export interface Group<N> {
  readonly kind: "and" | "or";
  readonly nodes: readonly N[];
}

/** Logic has two values: nothing is ever "unknown", so this is the exact opposite. */
export interface Not<N> {
  readonly kind: "not";
  readonly node: N;
}

type Connective<N> = Constant | Group<N> | Not<N>;

/**
 * A domain as it was written, brought to one form: every operator is one of `in`, an inequality, `like` or `any`, its
 * negation stands outside, and a dotted path is a chain of `any` (`a.b != x` asks for an `a` whose `b` is not x).
 * Fields are names that nobody has checked yet.
 */
export type DomainNode =
  | Constant
  | Group<DomainNode>
  | Not<DomainNode>
  | {
      readonly kind: "in";
      readonly field: string;
      readonly values: readonly DomainScalar[];
    }
  | {
      readonly kind: "compare";
      readonly field: string;
      readonly operator: Inequality;
      readonly value: DomainScalar;
    }
  | {
      readonly kind: "like";
      readonly field: string;
      /** As written; the wildcards around it are implied unless `isWhole`. */
      readonly pattern: string;
      readonly isWhole: boolean;
      readonly ignoresCase: boolean;
    }
  | { readonly kind: "any"; readonly field: string; readonly node: DomainNode };

/** The opposite of a node. Two negations cancel each other, so a tree is never deeper than its conditions. */
export function opposite<N extends { readonly kind: string }>(
  node: N | Connective<N>,
): Connective<N> | N {
  if (isNot(node)) return node.node;
  if (isConstant(node)) return { kind: "constant", value: !node.value };
  return { kind: "not", node: node as N };
}

/** All of the nodes (`and`) or one of them (`or`): equal groups merge, one node stands for itself. */
export function combine<N extends { readonly kind: string }>(
  kind: "and" | "or",
  nodes: readonly N[],
): Connective<N> | N {
  const [only] = nodes;
  if (only === undefined) return { kind: "constant", value: kind === "and" };
  if (nodes.length === 1) return only;
  return { kind, nodes: nodes.flatMap((node) => membersOf(kind, node)) };
}

function membersOf<N extends { readonly kind: string }>(
  kind: "and" | "or",
  node: N,
): readonly N[] {
  return isGroup<N>(node, kind) ? node.nodes : [node];
}

function isGroup<N>(
  node: { readonly kind: string },
  kind: "and" | "or",
): node is Group<N> {
  return node.kind === kind;
}

function isNot<N>(node: { readonly kind: string }): node is Not<N> {
  return node.kind === "not";
}

function isConstant(node: { readonly kind: string }): node is Constant {
  return node.kind === "constant";
}
