import {
  ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
} from "@nestjs/common";
import {
  AGENT_MEDIA_TYPE,
  ERROR_STATUS,
  type ErrorBody,
  type ErrorCode,
} from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { FastifyReply, FastifyRequest } from "fastify";

interface Refusal {
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
  415: "unsupported_media_type",
  429: "too_many_requests",
};

/** Every error leaves as `{error, message, requestId}`; what isn't a refusal is logged and told without detail. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const refusal = refusalOf(error);
    if (refusal.code === "internal")
      this.logger.error({ err: error, reqId: request.id }, "A request failed");
    const body: ErrorBody = {
      error: refusal.code,
      message: refusal.message,
      requestId: request.id,
    };
    if (refusal.retryAfterSeconds !== undefined)
      void reply.header("retry-after", String(refusal.retryAfterSeconds));
    if (refusal.code === "unauthenticated")
      void reply.header("www-authenticate", "Bearer");
    void reply
      .status(ERROR_STATUS[refusal.code])
      .header("content-type", `${AGENT_MEDIA_TYPE}; charset=utf-8`)
      .send(body);
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof DomainError) return error;
  const status = statusOf(error);
  const code = CODE_OF_STATUS[status];
  if (code === undefined)
    return {
      code: "internal",
      message:
        "The gateway failed at this request; its log has the reason under the request id.",
    };
  if (code === "payload_too_large")
    return { code, message: "The body is larger than 1 MiB." };
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

/** Fastify's own errors carry a status code, Nest's are HttpExceptions. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : 500;
}
