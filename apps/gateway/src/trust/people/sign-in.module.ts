import { type DynamicModule, Module } from "@nestjs/common";
import { Clock, SystemClock } from "@vworkspace/kernel";
import { OpenIdProvider } from "./adapters/open-id-provider";
import { IdentityProvider } from "./domain/identity-provider";
import { OPEN_ID_OPTIONS, type OpenIdClientOptions } from "./open-id-options";
import { PeopleModule } from "./people.module";
import { SignInFlows } from "./sign-in-flows";
import { SignInService } from "./sign-in.service";

/** Signing in at the one OpenID provider that is configured. */
@Module({})
export class SignInModule {
  static register(options: OpenIdClientOptions): DynamicModule {
    return {
      module: SignInModule,
      imports: [PeopleModule],
      providers: [
        { provide: OPEN_ID_OPTIONS, useValue: options },
        { provide: Clock, useClass: SystemClock },
        {
          provide: IdentityProvider,
          inject: [Clock],
          useFactory: (clock: Clock) => new OpenIdProvider(options, clock),
        },
        SignInFlows,
        SignInService,
      ],
      exports: [OPEN_ID_OPTIONS, SignInService, IdentityProvider, PeopleModule],
    };
  }
}
