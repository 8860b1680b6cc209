import type { IncomingMessage } from "node:http";
import { parse } from "yaml";
import { badRequest, StatusError } from "../api/status-error";

/** The API server's own limit. */
export const BODY_LIMIT_BYTES = 3 * 1024 * 1024;

/** @throws StatusError 413 as soon as the limit is passed */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES)
      throw new StatusError(
        413,
        "RequestEntityTooLarge",
        `Request entity too large: limit is ${BODY_LIMIT_BYTES}`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

export function mediaType(request: IncomingMessage): string {
  const type = request.headers["content-type"] ?? "";
  return (type.split(";")[0] ?? "").trim().toLowerCase();
}

/** @throws StatusError 400 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: json parse error: ${(error as Error).message}`,
    );
  }
}

/** JSON is YAML too, and by far the faster way to read it. @throws StatusError 400 */
export function parseYaml(text: string): unknown {
  if (text.trimStart().startsWith("{")) return parseJson(text);
  try {
    return parse(text, { maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: yaml parse error: ${(error as Error).message}`,
    );
  }
}

/** The object of a create or update. @throws StatusError 415 for what is neither JSON nor YAML */
export function parseObject(request: IncomingMessage, text: string): unknown {
  const type = mediaType(request);
  if (type === "" || type === "application/json") return parseJson(text);
  if (type === "application/yaml") return parseYaml(text);
  throw new StatusError(
    415,
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml",
  );
}
