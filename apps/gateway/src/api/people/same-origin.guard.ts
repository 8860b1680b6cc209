import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
} from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { FastifyRequest } from "fastify";
import { PAGE_OPTIONS, type PageOptions } from "./page-options";
import { isSameOrigin } from "./same-origin.decide";

/** For every request that changes something by a cookie: another site's page can make a browser send it along (CSRF). */
@Injectable()
export class SameOriginGuard implements CanActivate {
  constructor(@Inject(PAGE_OPTIONS) private readonly options: PageOptions) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const site = headers["sec-fetch-site"];
    const { origin } = headers;
    if (
      isSameOrigin(
        { site: Array.isArray(site) ? site.join() : site, origin },
        new URL(this.options.publicUrl()).origin,
      )
    )
      return true;
    throw new DomainError(
      "forbidden",
      "The request does not come from a page of this gateway: open the page here, and try again.",
    );
  }
}
