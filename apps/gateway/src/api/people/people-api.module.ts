import { type DynamicModule, Module } from "@nestjs/common";
import {
  OPEN_ID_OPTIONS,
  type OpenIdClientOptions,
} from "../../trust/people/open-id-options";
import { SignInModule } from "../../trust/people/sign-in.module";
import { LoginAnswers } from "./login-answers";
import { LoginController } from "./login.controller";
import { MeController } from "./me.controller";
import { PeopleCookies } from "./people-cookies";

/** People in front of a browser. What else they are shown uses SessionGuard and SameOriginGuard with what this exports. */
@Module({})
export class PeopleApiModule {
  static register(options: OpenIdClientOptions): DynamicModule {
    return {
      module: PeopleApiModule,
      imports: [SignInModule.register(options)],
      controllers: [LoginController, MeController],
      providers: [
        { provide: OPEN_ID_OPTIONS, useValue: options },
        PeopleCookies,
        LoginAnswers,
      ],
      exports: [OPEN_ID_OPTIONS, PeopleCookies, SignInModule],
    };
  }
}
