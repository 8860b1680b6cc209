import type { IncomingMessage, ServerResponse } from "node:http";
import {
  acceptsAgentBody,
  AGENT_MEDIA_TYPE,
  ERROR_STATUS,
  type ErrorCode,
  isAgentBody,
  LIMITS,
  parseJson,
} from "@vworkspace/contract";
import { DomainError, newId } from "@vworkspace/kernel";

/** What a route answers: a status and, except for 204, a body. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export const NO_CONTENT: Answer = { status: 204 };

export function requireAcceptable(request: IncomingMessage): void {
  if (!acceptsAgentBody(request.headers.accept))
    throw new DomainError(
      "not_acceptable",
      `Accept must admit ${AGENT_MEDIA_TYPE}.`,
    );
}

/** The token of `Authorization: Bearer <token>`, or undefined without such a header. */
export function bearerToken(request: IncomingMessage): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}

/**
 * The JSON of a body; an absent body reads as `{}`.
 * @throws DomainError unsupported_media_type, payload_too_large, malformed_json
 */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const body = await readAll(request);
  if (body.length === 0) return {};
  if (!isAgentBody(request.headers["content-type"]))
    throw new DomainError(
      "unsupported_media_type",
      `Content-Type must be ${AGENT_MEDIA_TYPE}.`,
    );
  const parsed = parseJson(body);
  if (!parsed.ok) throw new DomainError("malformed_json", parsed.reason);
  return parsed.value;
}

/** Reads to the end even when it is too long: a client that is still writing would not see the answer. */
async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LIMITS.bodyBytes) chunks.push(chunk);
  }
  if (size > LIMITS.bodyBytes)
    throw new DomainError(
      "payload_too_large",
      `The body has ${size} bytes; at most ${LIMITS.bodyBytes} are read.`,
    );
  return Buffer.concat(chunks);
}

export function send(response: ServerResponse, answer: Answer): void {
  response.statusCode = answer.status;
  if (answer.body === undefined) {
    response.end();
    return;
  }
  response.setHeader("content-type", AGENT_MEDIA_TYPE);
  response.end(JSON.stringify(answer.body));
}

/** Answers in the contract's error shape; what is no DomainError is a fault of this server. */
export function sendError(response: ServerResponse, error: unknown): void {
  const refusal =
    error instanceof DomainError
      ? error
      : new DomainError("internal", "The fake gateway failed.", {
          cause: error,
        });
  if (refusal.retryAfterSeconds !== undefined)
    response.setHeader("retry-after", String(refusal.retryAfterSeconds));
  const { code, message } = refusal;
  sendStatus(response, ERROR_STATUS[code], { code, message });
}

export function sendStatus(
  response: ServerResponse,
  status: number,
  said: { readonly code: ErrorCode; readonly message: string },
): void {
  const body = { error: said.code, message: said.message, requestId: newId() };
  send(response, { status, body });
}
