import { Catch } from "@nestjs/common";
import type { DomainError } from "@vworkspace/kernel";
import type { FastifyRequest } from "fastify";
import { PageErrorFilter } from "./page-error.filter";
import type { WayOn } from "./pages/refusal.page";

/** Refusals on the way to the approval page, which lead back to it. */
@Catch()
export class ApprovalErrorFilter extends PageErrorFilter {
  protected override wayOn(
    _error: DomainError,
    request: FastifyRequest,
  ): WayOn {
    const href = request.originalUrl.split("?")[0] ?? "";
    return { href, text: "Open the approval page" };
  }
}
