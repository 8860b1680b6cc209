import { Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { SqlSigningKeyStore } from "./adapters/sql-signing-key-store";
import { SqlUserStore } from "./adapters/sql-user-store";
import { ClusterTokenService } from "./cluster-token.service";
import { SigningKeyStore } from "./domain/signing-key-store";
import { UserStore } from "./domain/user-store";
import { UserService } from "./user.service";

@Module({
  providers: [UserService, ClusterTokenService],
  exports: [UserService, ClusterTokenService],
})
export class IdentityModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(UserStore, SqlUserStore);
    bindings.bind(SigningKeyStore, SqlSigningKeyStore);
  }
}
