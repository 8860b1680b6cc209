import {
  encodeMethodResponse,
  isList,
  isStruct,
  type RpcValue,
  UnencodableValueError,
} from "@vworkspace/odoo-rpc";

const MAX_INT = 2 ** 31 - 1;
/** Deeper structs are given as JSON text; a client's answer stays far from the protocol's own limit. */
const MAX_DEPTH = 24;
/** XML 1.0 (§ 2.2, Char); with `u`, half a surrogate pair is none either. */
const NO_XML_CHARACTER =
  /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** Whether XML can hold every character of a text. */
export function isXmlText(text: string): boolean {
  return !NO_XML_CHARACTER.test(text);
}

/** Whether XML-RPC carries a value exactly as it is. */
export function isXmlCarriable(value: RpcValue): boolean {
  try {
    encodeMethodResponse(value);
    return true;
  } catch (error) {
    if (error instanceof UnencodableValueError) return false;
    throw error;
  }
}

/**
 * The nearest value that XML-RPC can carry, for people to read: nil becomes false as everywhere in Odoo, a number beyond
 * 32 bits its digits, a character that XML can't hold U+FFFD, and what is nested very deeply its JSON text. It never
 * fails, so that one odd record doesn't keep a list from being shown.
 */
export function xmlCarriable(value: RpcValue, depth = 0): RpcValue {
  if (value === null) return false;
  if (typeof value === "string") return xmlText(value);
  if (typeof value === "number") return xmlNumber(value);
  if (typeof value === "boolean" || value instanceof Uint8Array) return value;
  if (depth >= MAX_DEPTH) return xmlText(JSON.stringify(value));
  if (isList(value)) return value.map((one) => xmlCarriable(one, depth + 1));
  if (!isStruct(value)) return false;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      xmlText(key),
      xmlCarriable(one, depth + 1),
    ]),
  );
}

function xmlText(text: string): string {
  return isXmlText(text)
    ? text
    : text.replace(new RegExp(NO_XML_CHARACTER, "gu"), "\uFFFD");
}

function xmlNumber(value: number): RpcValue {
  if (!Number.isFinite(value)) return String(value);
  const isBeyond =
    Number.isInteger(value) && (value > MAX_INT || value < -MAX_INT - 1);
  return isBeyond ? String(value) : value;
}
