import { RpcUsageError } from "./rpc-errors";

/**
 * The text of a body in UTF-8, within a size.
 * @throws RpcUsageError when it is larger or no UTF-8.
 */
export function textOfBody(body: Uint8Array | string, maxBytes: number) {
  const bytes =
    typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  if (bytes > maxBytes)
    throw new RpcUsageError(
      `The body has ${bytes} bytes; at most ${maxBytes} are accepted.`,
      "payload_too_large",
    );
  if (typeof body !== "string") return decodeUtf8(body);
  // Half a surrogate pair is no character; bytes can't hold one, a text of JavaScript can.
  if (/\p{Surrogate}/u.test(body)) refuseEncoding();
  return body;
}

function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return refuseEncoding();
  }
}

function refuseEncoding(): never {
  throw new RpcUsageError("The body is not valid UTF-8.", "malformed_json");
}
