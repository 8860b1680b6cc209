import canonicalize from "canonicalize";

/**
 * RFC 8785 (JCS) text of a JSON value: one value, one text, so that digests and signatures are stable.
 * @throws TypeError for what is no JSON (undefined, NaN, functions).
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined)
    throw new TypeError("Only a JSON value has a canonical form.");
  return text;
}
