import { RpcUsageError } from "./rpc-errors";
import { isList, quoted, type RpcValue } from "./rpc-value";
import { parseOrder } from "./search-arguments";

/** What a moment is cut to. */
export type TimeSpan = "day" | "month";

/** One term of a `groupby`: a field, and for a moment the span. */
export interface GroupTerm {
  /** As it was written: the group's own name in the answer. */
  readonly spec: string;
  readonly field: string;
  readonly span: TimeSpan | undefined;
}

/** The place of a term in the groupby, or the number of records. */
export interface GroupOrder {
  readonly by: number | "count";
  readonly direction: "asc" | "desc";
}

const MAX_TERMS = 4;
const TERM = /^([a-z_][a-z0-9_]*)(?::([a-z]+))?$/;

/**
 * Reads a groupby: one term or a list of them.
 * @throws RpcUsageError naming the term
 */
export function parseGroupBy(value: RpcValue | undefined): GroupTerm[] {
  const isNone =
    value === undefined || value === null || value === false || value === "";
  if (isNone) return [];
  const specs = isList(value) ? value : [value];
  if (specs.length > MAX_TERMS)
    throw new RpcUsageError(
      `groupby has ${specs.length} terms; at most ${MAX_TERMS} are taken.`,
    );
  const terms = specs.map(parseTerm);
  const names = new Set(terms.map(({ spec }) => spec));
  if (names.size < terms.length)
    throw new RpcUsageError("groupby names a term twice.");
  return terms;
}

function parseTerm(spec: RpcValue): GroupTerm {
  const match = typeof spec === "string" ? TERM.exec(spec) : null;
  const [text, field, span] = match ?? [];
  if (text === undefined || field === undefined)
    throw new RpcUsageError(
      `groupby: ${quoted(spec)} is neither a field nor "field:day" or "field:month".`,
    );
  if (span !== undefined && span !== "day" && span !== "month")
    throw new RpcUsageError(
      `groupby: ${quoted(spec)} asks for a span that there isn't; there are day and month.`,
    );
  return { spec: text, field, span };
}

/**
 * Reads the order of groups: terms of the groupby, with or without their span, `__count`, or what a lazy grouping calls the
 * count of its first term.
 * @throws RpcUsageError naming the term
 */
export function parseGroupOrder(
  value: RpcValue | undefined,
  terms: readonly GroupTerm[],
): readonly GroupOrder[] {
  const counts = new Set(["__count", ...terms.map(countName)]);
  const placeOf = (name: string) =>
    terms.findIndex(({ field }) => field === name);
  const plain =
    typeof value === "string" ? value.replaceAll(/:[a-z]+/g, "") : value;
  const order = parseOrder(plain, (name) => {
    if (counts.has(name) || placeOf(name) >= 0) return true;
    throw new RpcUsageError(
      `orderby: ${quoted(name)} is neither a term of groupby nor __count.`,
    );
  });
  return order.map(({ field, direction }) => ({
    by: counts.has(field) ? "count" : placeOf(field),
    direction,
  }));
}

/** What a lazy grouping calls the number of a group's records. */
export function countName({ field }: GroupTerm): string {
  return `${field}_count`;
}
