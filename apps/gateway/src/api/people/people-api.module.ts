import { type DynamicModule, Module } from "@nestjs/common";
import type { OpenIdClientOptions } from "../../trust/people/open-id-options";
import { PeopleModule } from "../../trust/people/people.module";
import { SignInModule } from "../../trust/people/sign-in.module";
import { ApprovalDesk } from "./approval-desk";
import { ApprovalController } from "./approval.controller";
import { BrowserSessions } from "./browser-sessions";
import { LoginAnswers } from "./login-answers";
import { LoginController } from "./login.controller";
import { MeController } from "./me.controller";
import { PAGE_OPTIONS, type PageOptions } from "./page-options";
import { PeopleCookies } from "./people-cookies";

/**
 * People in front of a browser: the approval page, and, where there is an OpenID provider, signing in. Global, so that
 * SessionGuard and SameOriginGuard can stand before any other page too.
 */
@Module({})
export class PeopleApiModule {
  static register(
    publicUrl: () => string,
    provider: OpenIdClientOptions | undefined,
  ): DynamicModule {
    const options: PageOptions = {
      publicUrl: () => provider?.publicUrl ?? publicUrl(),
      hasProvider: provider !== undefined,
    };
    const pages = [
      { provide: PAGE_OPTIONS, useValue: options },
      PeopleCookies,
      BrowserSessions,
      ApprovalDesk,
    ];
    return {
      module: PeopleApiModule,
      global: true,
      exports: [PAGE_OPTIONS, PeopleCookies, BrowserSessions],
      ...(provider
        ? {
            imports: [SignInModule.register(provider)],
            controllers: [ApprovalController, LoginController, MeController],
            providers: [...pages, LoginAnswers],
          }
        : {
            imports: [PeopleModule],
            controllers: [ApprovalController],
            providers: pages,
          }),
    };
  }
}
