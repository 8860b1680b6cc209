import {
  ArgumentsHost,
  Catch,
  type ExceptionFilter,
  Logger,
} from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import { refuse } from "./refuse";

/** Every error leaves as `{error, message, requestId}`; what isn't a refusal is logged and told without detail. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const refusal = refuse(error, request, http.getResponse<FastifyReply>());
    if (refusal.code === "internal")
      this.logger.error({ err: error, reqId: request.id }, "A request failed");
  }
}
