import { Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { SqlUserStore } from "./adapters/sql-user-store";
import { ApiKeyService } from "./api-key.service";
import { ApiKeyUseService } from "./api-key-use.service";
import { OrganizationService } from "./organization.service";
import { UserStore } from "./domain/user-store";
import { FailedSignIns } from "./failed-sign-ins.service";
import { UserAdminService } from "./user-admin.service";
import { UserService } from "./user.service";

@Module({
  providers: [
    OrganizationService,
    UserService,
    UserAdminService,
    ApiKeyService,
    ApiKeyUseService,
    FailedSignIns,
  ],
  exports: [
    OrganizationService,
    UserService,
    UserAdminService,
    ApiKeyService,
    FailedSignIns,
  ],
})
export class IdentityModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(UserStore, SqlUserStore);
  }
}
