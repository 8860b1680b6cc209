import { type DynamicModule, Module } from "@nestjs/common";
import type { OpenIdClientOptions } from "../../trust/people/open-id-options";
import { SignInModule } from "../../trust/people/sign-in.module";
import { LoginAnswers } from "./login-answers";
import { LoginController } from "./login.controller";
import { MeController } from "./me.controller";
import { PeopleCookies } from "./people-cookies";

/** People in front of a browser. Global, so that SessionGuard and SameOriginGuard can stand before any other page too. */
@Module({})
export class PeopleApiModule {
  static register(options: OpenIdClientOptions): DynamicModule {
    return {
      module: PeopleApiModule,
      global: true,
      imports: [SignInModule.register(options)],
      controllers: [LoginController, MeController],
      providers: [PeopleCookies, LoginAnswers],
      exports: [PeopleCookies, SignInModule],
    };
  }
}
