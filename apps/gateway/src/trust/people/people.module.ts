import { Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { SqlIdentityStore } from "./adapters/sql-identity-store";
import { SqlSessionStore } from "./adapters/sql-session-store";
import { IdentityStore } from "./domain/identity-store";
import { SessionStore } from "./domain/session-store";
import { IdentityLinkService } from "./identity-link.service";
import { SessionService } from "./session.service";

/** People behind users: which identity of an OpenID provider is whose, and who is signed in. */
@Module({
  providers: [IdentityLinkService, SessionService],
  exports: [IdentityLinkService, SessionService],
})
export class PeopleModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(IdentityStore, SqlIdentityStore);
    bindings.bind(SessionStore, SqlSessionStore);
  }
}
