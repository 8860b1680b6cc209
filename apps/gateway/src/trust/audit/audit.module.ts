import { Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { SqlAuditStore } from "./adapters/sql-audit-store";
import { AuditStore } from "./domain/audit-store";

@Module({})
export class AuditModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(AuditStore, SqlAuditStore);
  }
}
