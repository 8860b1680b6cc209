import { type DynamicModule, Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { IdentityModule } from "../../trust/identity/identity.module";
import { SqlComparisonStore } from "./adapters/sql-comparison-store";
import { SqlOdooDatabaseStore } from "./adapters/sql-odoo-database-store";
import { SqlOutboxStore } from "./adapters/sql-outbox-store";
import { SqlReferenceStore } from "./adapters/sql-reference-store";
import { AdoptionService } from "./adoption.service";
import { ComparisonService } from "./comparison.service";
import { ComparisonStore } from "./domain/comparison-store";
import { OdooDatabaseStore } from "./domain/odoo-database";
import { OutboxBell } from "./domain/outbox-bell";
import { OutboxStore } from "./domain/outbox-store";
import { ReferenceStore } from "./domain/reference-store";
import { OdooDatabaseService } from "./odoo-database.service";
import { OdooSyncOptions } from "./odoo-sync-options";
import { PairCodeService } from "./pair-code.service";

/** Which Odoo databases there are. Commands of an operator need no more than this. */
@Module({})
export class OdooDatabasesModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(OdooDatabaseStore, SqlOdooDatabaseStore);
    bindings.bind(OutboxStore, SqlOutboxStore);
    bindings.bind(ComparisonStore, SqlComparisonStore);
    bindings.bind(ReferenceStore, SqlReferenceStore);
  }

  static register(options: OdooSyncOptions): DynamicModule {
    const services = [
      OutboxBell,
      OdooDatabaseService,
      ComparisonService,
      AdoptionService,
      PairCodeService,
    ];
    return {
      module: OdooDatabasesModule,
      global: true,
      imports: [IdentityModule],
      providers: [{ provide: OdooSyncOptions, useValue: options }, ...services],
      exports: [OdooSyncOptions, ...services],
    };
  }
}
