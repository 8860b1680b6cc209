import { odooDateTime, parseOdooDateTime } from "../odoo-date-time";
import { RpcUsageError } from "../rpc-errors";
import { quoted, type RpcValue } from "../rpc-value";

type ScalarReader = (text: string) => RpcValue;

/**
 * How the text of each type of value is read. `int`, `i4`, `double` and so on are XML-RPC's own, `nil`, `i1`, `i2`, `i8`
 * and `float` Apache's extensions, which Java clients send.
 */
export const SCALARS: ReadonlyMap<string, ScalarReader> = new Map<
  string,
  ScalarReader
>([
  ["string", (text) => text],
  ["int", readInteger],
  ["i1", readInteger],
  ["i2", readInteger],
  ["i4", readInteger],
  ["i8", readInteger],
  ["double", readDouble],
  ["float", readDouble],
  ["boolean", readBoolean],
  ["nil", readNil],
  ["base64", readBytes],
  ["dateTime.iso8601", readDateTime],
]);

function refuse(text: string, type: string): never {
  throw new RpcUsageError(`${quoted(text)} is no ${type}.`);
}

/** Beyond 2⁵³ a number here would silently become another one. */
function readInteger(text: string): number {
  const digits = text.trim();
  const value = Number(digits);
  if (!/^[+-]?\d{1,16}$/.test(digits) || !Number.isSafeInteger(value))
    refuse(text, "XML-RPC integer between -(2^53 - 1) and 2^53 - 1");
  return value === 0 ? 0 : value;
}

function readDouble(text: string): number {
  const digits = text.trim();
  const value = Number(digits);
  const isDecimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/.test(digits);
  if (!isDecimal || !Number.isFinite(value))
    refuse(text, "XML-RPC double (a finite decimal number)");
  return value;
}

function readBoolean(text: string): boolean {
  const digit = text.trim();
  if (digit !== "0" && digit !== "1")
    refuse(text, "XML-RPC boolean, which is 0 or 1");
  return digit === "1";
}

function readNil(text: string): null {
  if (text.trim() !== "") refuse(text, "content of nil, which is empty");
  return null;
}

function readBytes(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits))
    refuse(text, "base64");
  return new Uint8Array(Buffer.from(digits, "base64"));
}

function readDateTime(text: string): string {
  const moment = parseOdooDateTime(text.trim());
  if (moment === undefined)
    refuse(text, "dateTime.iso8601 such as 20260131T13:00:00");
  return odooDateTime(moment);
}
