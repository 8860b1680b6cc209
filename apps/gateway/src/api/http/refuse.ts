import { HttpException } from "@nestjs/common";
import {
  AGENT_MEDIA_TYPE,
  DPOP_ALGORITHMS,
  ERROR_STATUS,
  type ErrorBody,
  type ErrorCode,
} from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { FastifyReply, FastifyRequest } from "fastify";

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterSeconds?: number | undefined;
}

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "invalid_request",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  406: "not_acceptable",
  413: "payload_too_large",
  // A part of a path that is longer than any id: nothing has that name.
  414: "not_found",
  415: "unsupported_media_type",
  429: "too_many_requests",
};

/** Answers with an error as `{error, message, requestId}` (agent contract, ERR-1). @returns what was said */
export function refuse(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Refusal {
  const refusal = refusalOf(error, request.routeOptions.bodyLimit);
  const body: ErrorBody = {
    error: refusal.code,
    message: refusal.message,
    requestId: request.id,
  };
  if (refusal.retryAfterSeconds !== undefined)
    void reply.header("retry-after", String(refusal.retryAfterSeconds));
  const status = ERROR_STATUS[refusal.code];
  if (status === 401) void reply.header("www-authenticate", challengeOf(error));
  void reply
    .status(status)
    .header("content-type", `${AGENT_MEDIA_TYPE}; charset=utf-8`)
    .send(body);
  return refusal;
}

/** RFC 6750 §3; for a proof of possession that doesn't count, RFC 9449 §7.1. */
function challengeOf(error: unknown): string {
  const dpop = error instanceof DomainError ? error.details["dpop"] : undefined;
  return typeof dpop === "string"
    ? `DPoP error="${dpop}", algs="${DPOP_ALGORITHMS.join(" ")}"`
    : "Bearer";
}

function refusalOf(error: unknown, bodyBytes: number): Refusal {
  if (error instanceof DomainError) return error;
  const status = statusOf(error);
  const isRequests = status >= 400 && status < 500;
  const code =
    CODE_OF_STATUS[status] ?? (isRequests ? "invalid_request" : undefined);
  if (code === undefined)
    return {
      code: "internal",
      message:
        "The gateway failed at this request; its log has the reason under the request id.",
    };
  if (code === "payload_too_large")
    return {
      code,
      message: `The body is larger than ${said(bodyBytes)}.`,
    };
  if (code === "not_found")
    return { code, message: "There is nothing at this path and method." };
  return {
    code,
    message:
      error instanceof Error
        ? error.message.slice(0, 300)
        : "The request is invalid.",
  };
}

function said(bytes: number): string {
  const kib = bytes / 1024;
  return kib % 1024 === 0 ? `${kib / 1024} MiB` : `${kib} KiB`;
}

/** Fastify's own errors carry a status code, Nest's are HttpExceptions. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : 500;
}
