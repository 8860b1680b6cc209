/** What both protocols carry besides lists and structs. */
export type RpcScalar = null | boolean | number | string;

/**
 * A value as it travels. Dates are text (`YYYY-MM-DD HH:MM:SS`, UTC), bytes exist on XML-RPC only (`<base64>`).
 * Structs that a decoder makes have no prototype, so that a key such as `constructor` or `__proto__` is a key like any
 * other.
 */
export type RpcValue =
  RpcScalar | Uint8Array | readonly RpcValue[] | { [key: string]: RpcValue };

export type RpcStruct = { [key: string]: RpcValue };

/** What a decoder refuses to go beyond. */
export interface RpcLimits {
  /** Size of the text in bytes of UTF-8. */
  readonly bytes: number;
  /** XML: elements open at once; JSON: lists and objects open at once. */
  readonly depth: number;
  /** Values in the whole message, those inside lists and structs included. */
  readonly values: number;
}

export const RPC_LIMITS: RpcLimits = {
  bytes: 1024 * 1024,
  depth: 64,
  values: 100_000,
};

/** Whether a value is a struct: neither a list nor bytes. */
export function isStruct(value: RpcValue | undefined): value is RpcStruct {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** Whether a value is a list. (`Array.isArray` alone widens a readonly list to `any[]`.) */
export function isList(
  value: RpcValue | undefined,
): value is readonly RpcValue[] {
  return Array.isArray(value);
}

/** A struct of these entries; the last of equal keys wins, and no key reaches a prototype. */
export function structOf(
  entries: Iterable<readonly [string, RpcValue]>,
): RpcStruct {
  const struct = Object.create(null) as RpcStruct;
  for (const [key, value] of entries) struct[key] = value;
  return struct;
}

/** A value as a message may quote it: short, on one line. */
export function quoted(value: unknown): string {
  const text = jsonOf(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** What has no JSON (a bigint, a value that holds itself) is named by its type. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
