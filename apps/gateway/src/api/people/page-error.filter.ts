import { type ArgumentsHost, Catch } from "@nestjs/common";
import { ERROR_STATUS } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ErrorFilter } from "../http/error.filter";
import { HOME_PATH } from "./login-wish";
import { loginPath } from "./pages/login.pages";
import { keptByNobody, sendPage } from "./pages/page";
import { refusalPage, type WayOn } from "./pages/refusal.page";
import { wantsPage } from "./wants-page";

/** Refusals as a page for whoever reads pages, and as everywhere else for the rest. */
@Catch()
export class PageErrorFilter extends ErrorFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = keptByNobody(http.getResponse<FastifyReply>());
    if (!(error instanceof DomainError) || !wantsPage(request)) {
      super.catch(error, host);
      return;
    }
    const way = this.wayOn(error, request);
    const page = refusalPage(error, way, request.id);
    if (error.retryAfterSeconds !== undefined)
      void reply.header("retry-after", String(error.retryAfterSeconds));
    sendPage(reply, page, ERROR_STATUS[error.code]);
  }

  protected wayOn(error: DomainError, request: FastifyRequest): WayOn {
    return { href: loginPath(whereAfter(error, request)), text: "Sign in" };
  }
}

/** Who wanted to see a page and wasn't signed in sees it afterwards. */
function whereAfter(error: DomainError, request: FastifyRequest): string {
  const isPage = error.code === "unauthenticated" && request.method === "GET";
  return isPage ? request.originalUrl : HOME_PATH;
}
