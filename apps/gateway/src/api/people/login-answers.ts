import { Inject, Injectable } from "@nestjs/common";
import type { FastifyReply } from "fastify";
import {
  OPEN_ID_OPTIONS,
  type OpenIdClientOptions,
} from "../../trust/people/open-id-options";
import { FLOW_SECONDS } from "../../trust/people/domain/sign-in-flow";
import type { SignInOutcome } from "../../trust/people/sign-in.service";
import { notLinkedPage, organizationsPage } from "./pages/login.pages";
import { keptByNobody, sendPage } from "./pages/page";
import { PeopleCookies } from "./people-cookies";

/** What browsers get of a sign-in: redirects, cookies and pages. */
@Injectable()
export class LoginAnswers {
  constructor(
    private readonly cookies: PeopleCookies,
    @Inject(OPEN_ID_OPTIONS) private readonly options: OpenIdClientOptions,
  ) {}

  goToProvider(
    reply: FastifyReply,
    begun: { readonly url: string; readonly sealedFlow: string },
  ): void {
    this.cookies.set(reply, "login", begun.sealedFlow, FLOW_SECONDS);
    void keptByNobody(reply).redirect(begun.url, 303);
  }

  answer(reply: FastifyReply, outcome: SignInOutcome): void {
    switch (outcome.kind) {
      case "signed-in": {
        const { session, returnTo } = outcome;
        const { sessionSeconds } = this.options;
        this.cookies.set(reply, "session", session.secret, sessionSeconds);
        void keptByNobody(reply).redirect(returnTo, 303);
        return;
      }
      case "several":
        sendPage(reply, organizationsPage(outcome.users, outcome.returnTo));
        return;
      case "not-linked":
        sendPage(
          reply,
          notLinkedPage(outcome.person, outcome.organization),
          403,
        );
    }
  }
}
