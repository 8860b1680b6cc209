import type { ServerResponse } from "node:http";
import { StatusError } from "../api/status-error";

/** What a request gets back, when it is no watch. */
export interface Answer {
  readonly code: number;
  /** Sent as JSON; a string as plain text. */
  readonly body: object | string;
  readonly warnings?: readonly string[];
}

export const PAGE_NOT_FOUND: Answer = {
  code: 404,
  body: "404 page not found\n",
};

export function ok(body: object | string): Answer {
  return { code: 200, body };
}

export function failure(error: unknown): Answer {
  const status = toStatusError(error);
  return { code: status.code, body: status.body() };
}

function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  // Only a value nested thousands deep exhausts the stack here.
  if (error instanceof RangeError)
    return new StatusError(400, "BadRequest", "exceeded max depth");
  const text = error instanceof Error ? (error.stack ?? error.message) : "";
  return new StatusError(
    500,
    "InternalError",
    `Internal error of the simulator: ${text}`,
  );
}

export function write(response: ServerResponse, answer: Answer): void {
  const isText = typeof answer.body === "string";
  const text = isText ? String(answer.body) : JSON.stringify(answer.body);
  for (const warning of answer.warnings ?? [])
    response.appendHeader("warning", `299 - ${JSON.stringify(warning)}`);
  response.writeHead(answer.code, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-cache, private",
  });
  response.end(text);
}
