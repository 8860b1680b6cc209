import type { Parsed } from "./parse";

/** Deepest nesting of arrays and objects that a body may have; deeper ones would overflow whoever walks them. */
export const MAX_JSON_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Reads UTF-8 JSON (RFC 8259) of bounded depth. Never throws. */
export function parseJson(body: Uint8Array): Parsed<unknown> {
  if (isTooDeep(body))
    return {
      ok: false,
      reason: `The body is nested deeper than ${MAX_JSON_DEPTH} levels.`,
    };
  try {
    const text = new TextDecoder("utf-8", {
      fatal: true,
      ignoreBOM: false,
    }).decode(body);
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false, reason: "The body is no JSON text in UTF-8." };
  }
}

/** Counts brackets outside strings; bytes of multi-byte characters are never ASCII, so bytes are enough. */
function isTooDeep(body: Uint8Array): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index] ?? 0;
    if (isInString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) isInString = false;
      continue;
    }
    if (byte === QUOTE) isInString = true;
    else if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) depth -= 1;
    if (depth > MAX_JSON_DEPTH) return true;
  }
  return false;
}
