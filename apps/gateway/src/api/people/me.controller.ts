import {
  Controller,
  Get,
  HttpCode,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from "@nestjs/common";
import type { FastifyReply } from "fastify";
import { IdentityProvider } from "../../trust/people/domain/identity-provider";
import { SessionService } from "../../trust/people/session.service";
import { meAsJson, mePage, signedOutPage } from "./pages/me.pages";
import { keptByNobody, sendPage } from "./pages/page";
import { PageErrorFilter } from "./page-error.filter";
import { PeopleCookies } from "./people-cookies";
import { SameOriginGuard } from "./same-origin.guard";
import { SessionGuard, type SessionRequest } from "./session.guard";
import { wantsPage } from "./wants-page";

/** The person who is signed in. */
@Controller()
@UseFilters(PageErrorFilter)
export class MeController {
  constructor(
    private readonly sessions: SessionService,
    private readonly provider: IdentityProvider,
    private readonly cookies: PeopleCookies,
  ) {}

  @Get("me")
  @UseGuards(SessionGuard)
  me(@Req() request: SessionRequest, @Res() reply: FastifyReply): void {
    if (wantsPage(request)) sendPage(reply, mePage(request.signedIn));
    else void keptByNobody(reply).send(meAsJson(request.signedIn));
  }

  /** Ends the session here; the one at the provider is the provider's. */
  @Post("logout")
  @HttpCode(200)
  @UseGuards(SameOriginGuard, SessionGuard)
  async signOut(
    @Req() request: SessionRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.signOut(request.signedIn);
    this.cookies.clear(reply, "session");
    sendPage(reply, signedOutPage(await this.provider.signOutUrl()));
  }
}
