import { Inject, Injectable } from "@nestjs/common";
import type { FastifyRequest } from "fastify";
import type { SignedIn } from "../../trust/people/domain/session-store";
import { SessionService } from "../../trust/people/session.service";
import { PAGE_OPTIONS, type PageOptions } from "./page-options";
import { PeopleCookies } from "./people-cookies";

/** Who a browser's cookie says is in front of it, by the database's word at this moment. */
@Injectable()
export class BrowserSessions {
  constructor(
    private readonly sessions: SessionService,
    private readonly cookies: PeopleCookies,
    @Inject(PAGE_OPTIONS) private readonly options: PageOptions,
  ) {}

  /** Undefined for whoever isn't signed in; without a provider nobody is. */
  async signedIn(request: FastifyRequest): Promise<SignedIn | undefined> {
    const secret = this.options.hasProvider
      ? this.cookies.read(request, "session")
      : undefined;
    const found =
      secret === undefined
        ? undefined
        : await this.sessions.authenticate(secret);
    return (
      found && { ...found, actor: { ...found.actor, address: request.ip } }
    );
  }
}
