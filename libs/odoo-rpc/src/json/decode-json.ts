import { isStorable } from "@vworkspace/contract";
import { textOfBody } from "../body-text";
import { RpcUsageError } from "../rpc-errors";
import {
  isList,
  isStruct,
  RPC_LIMITS,
  type RpcLimits,
  type RpcValue,
  structOf,
} from "../rpc-value";

/**
 * Reads JSON within limits that hold before anything is built. Objects come without a prototype.
 * @throws RpcUsageError; the text itself is never quoted, since it may hold a key.
 */
export function decodeJson(
  body: Uint8Array | string,
  limits: RpcLimits = RPC_LIMITS,
): RpcValue {
  const text = textOfBody(body, limits.bytes);
  checkShape(text, limits);
  const value = parse(text);
  if (!isStorable(value))
    throw new RpcUsageError(
      "A text holds U+0000 or half a surrogate pair; neither can be stored.",
    );
  return withoutPrototypes(value);
}

function parse(text: string): RpcValue {
  try {
    return JSON.parse(text) as RpcValue;
  } catch {
    throw new RpcUsageError("The body is not valid JSON.", "malformed_json");
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** Counts brackets and commas outside of strings, in one pass and constant memory. */
function checkShape(text: string, limits: RpcLimits): void {
  let depth = 0;
  let values = 1;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const step = bracket(code);
    depth += step;
    // A value begins the message, follows a comma, or opens a list or an object.
    if (code === COMMA || step > 0) values += 1;
    if (depth > limits.depth || values > limits.values) refuseBeyond(limits);
    if (code === QUOTE) index = endOfString(text, index);
  }
}

function bracket(code: number): -1 | 0 | 1 {
  if (code === 0x5b || code === 0x7b) return 1;
  return code === 0x5d || code === 0x7d ? -1 : 0;
}

/** The index of the closing quote, or of the text's end when there is none. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text.charCodeAt(index) !== QUOTE)
    index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index;
}

function refuseBeyond(limits: RpcLimits): never {
  throw new RpcUsageError(
    `The JSON is nested deeper than ${limits.depth} levels or holds more than ${limits.values} values.`,
    "payload_too_large",
  );
}

function withoutPrototypes(value: RpcValue): RpcValue {
  if (isList(value)) return value.map(withoutPrototypes);
  if (!isStruct(value)) return value;
  return structOf(
    Object.entries(value).map(
      ([key, item]) => [key, withoutPrototypes(item)] as const,
    ),
  );
}
