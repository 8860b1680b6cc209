import { RpcUsageError } from "./rpc-errors";
import { isList, quoted, type RpcValue } from "./rpc-value";

/** One term of an `order` such as `name desc nulls last, id`. */
export interface OrderTerm {
  readonly field: string;
  readonly direction: "asc" | "desc";
  readonly nulls: "first" | "last" | undefined;
}

const MAX_ORDER_CHARACTERS = 1000;
const ORDER_TERM =
  /^\s*"?([a-z_][a-z0-9_]*)"?(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?\s*$/i;

/** Clients leave an argument out as nil, false, "" (or not at all); 0 means the same where a number is expected. */
function isAbsent(
  value: RpcValue | undefined,
): value is undefined | null | false {
  return value === undefined || value === null || value === false;
}

/**
 * Reads an order. A field named twice counts where it stands first.
 * @returns no term when the model's default order is meant
 * @throws RpcUsageError naming the term or the unknown field
 */
export function parseOrder(
  value: RpcValue | undefined,
  isKnown: (field: string) => boolean,
): readonly OrderTerm[] {
  if (isAbsent(value) || value === "") return [];
  if (typeof value !== "string" || value.length > MAX_ORDER_CHARACTERS)
    throw new RpcUsageError(
      `order must be a text of at most ${MAX_ORDER_CHARACTERS} characters such as "name desc, id".`,
    );
  const terms = new Map<string, OrderTerm>();
  for (const text of value.split(",")) {
    const term = parseOrderTerm(text);
    if (!isKnown(term.field)) refuseField("order", term.field);
    if (!terms.has(term.field)) terms.set(term.field, term);
  }
  return [...terms.values()];
}

function parseOrderTerm(text: string): OrderTerm {
  const match = ORDER_TERM.exec(text);
  if (match?.[1] === undefined)
    throw new RpcUsageError(
      `order: ${quoted(text.trim())} is no "field", "field asc" or "field desc".`,
    );
  return {
    field: match[1],
    direction: match[2]?.toLowerCase() === "desc" ? "desc" : "asc",
    nulls: match[3]?.toLowerCase() as OrderTerm["nulls"],
  };
}

/**
 * Reads a list of field names; each once, in the order given.
 * @returns all of `known` when none are named
 * @throws RpcUsageError naming the unknown field
 */
export function parseFieldNames(
  value: RpcValue | undefined,
  known: readonly string[],
): readonly string[] {
  if (isAbsent(value)) return known;
  if (!isList(value))
    throw new RpcUsageError("fields must be a list of field names.");
  if (value.length === 0) return known;
  const names = new Set<string>();
  const isKnown = new Set(known);
  for (const name of value) {
    if (typeof name !== "string" || !isKnown.has(name))
      return refuseField("fields", name);
    names.add(name);
  }
  return [...names];
}

function refuseField(argument: string, field: RpcValue): never {
  throw new RpcUsageError(
    `${argument}: the field ${quoted(field)} does not exist; fields_get lists those that do.`,
  );
}

/**
 * Reads the records that a method is called on: a list of ids, one id, or none. Order and duplicates stay.
 * @throws RpcUsageError naming what is no id
 */
export function parseIds(value: RpcValue | undefined): readonly number[] {
  if (isAbsent(value)) return [];
  const ids = isList(value) ? value : [value];
  return ids.map((id) => {
    if (typeof id === "number" && Number.isSafeInteger(id)) return id;
    throw new RpcUsageError(
      `ids: ${quoted(id)} is no id; ids are integers, one or a list of them.`,
    );
  });
}

/** The uid of a call, which some clients send as text. @returns undefined for what can be nobody's */
export function parseUid(value: RpcValue | undefined): number | undefined {
  const isDigits = typeof value === "string" && /^\d{1,10}$/.test(value);
  const uid = isDigits ? Number(value) : value;
  return typeof uid === "number" && Number.isSafeInteger(uid) && uid > 0
    ? uid
    : undefined;
}

/** How many records at most. @returns undefined for all of them (0, false, nil) */
export function parseLimit(value: RpcValue | undefined): number | undefined {
  return parseCount("limit", value) || undefined;
}

/** How many records to leave out first; 0 when not said. */
export function parseOffset(value: RpcValue | undefined): number {
  return parseCount("offset", value);
}

/** Some clients have texts only, such as n8n for keyword arguments. */
function parseCount(name: string, value: RpcValue | undefined): number {
  if (isAbsent(value)) return 0;
  const isDigits = typeof value === "string" && /^\d{1,10}$/.test(value);
  const count = isDigits ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0)
    return count;
  throw new RpcUsageError(
    `${name}: ${quoted(value)} is no whole number from 0.`,
  );
}
