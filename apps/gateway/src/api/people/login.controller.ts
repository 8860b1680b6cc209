import { Controller, Get, Query, Req, Res, UseFilters } from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import { SignInService } from "../../trust/people/sign-in.service";
import { Admission } from "../limits/admission.service";
import { LoginAnswers } from "./login-answers";
import { loginWish } from "./login-wish";
import { PageErrorFilter } from "./page-error.filter";
import { PeopleCookies } from "./people-cookies";

/** Signing in at the OpenID provider, and coming back from it. */
@Controller("login")
@UseFilters(PageErrorFilter)
export class LoginController {
  constructor(
    private readonly signIn: SignInService,
    private readonly cookies: PeopleCookies,
    private readonly answers: LoginAnswers,
    private readonly admission: Admission,
  ) {}

  @Get()
  async begin(
    @Query() query: Readonly<Record<string, unknown>>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const begun = await this.signIn.begin(loginWish(query));
    this.answers.goToProvider(reply, begun);
  }

  @Get("callback")
  async complete(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const brought = {
      query: request.originalUrl.split(/\?(.*)/s)[1] ?? "",
      sealedFlow: this.cookies.take(request, reply, "login"),
      address: request.ip,
      secret: this.cookies.read(request, "session"),
    };
    const outcome = await this.admission.admit(request.visit, undefined, () =>
      this.signIn.complete(brought),
    );
    this.answers.answer(reply, outcome);
  }
}
