import { type DynamicModule, Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { IdentityModule } from "../../trust/identity/identity.module";
import { SqlFailedAttemptStore } from "./adapters/sql-failed-attempt-store";
import { Admission } from "./admission.service";
import { FailedAttemptStore } from "./domain/failed-attempt-store";
import { FailedAttempts } from "./failed-attempts.service";
import { KeySignIn } from "./key-sign-in.service";
import { LIMIT_OPTIONS, type LimitOptions } from "./limit-options";
import { LimitedRequests } from "./limited-requests.service";

/** How much is taken of whom: limits per route, turns, failed attempts. */
@Module({
  imports: [IdentityModule],
  providers: [Admission, FailedAttempts, KeySignIn, LimitedRequests],
  exports: [Admission, KeySignIn, LimitedRequests],
})
export class LimitsModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(FailedAttemptStore, SqlFailedAttemptStore);
  }

  static register(options: LimitOptions): DynamicModule {
    return {
      module: LimitsModule,
      global: true,
      providers: [{ provide: LIMIT_OPTIONS, useValue: options }],
    };
  }
}
