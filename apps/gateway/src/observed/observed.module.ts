import { type DynamicModule, Module } from "@nestjs/common";
import { StoreBindings } from "../database/store-bindings";
import { SqlEventStore } from "./events/adapters/sql-event-store";
import { EventStore } from "./events/domain/event-store";
import { EventService } from "./events/event.service";
import { ProjectionService } from "./events/projection.service";
import { OdooDatabasesModule } from "./odoo-sync/odoo-databases.module";
import { OdooSyncModule } from "./odoo-sync/odoo-sync.module";
import type { OdooSyncOptions } from "./odoo-sync/odoo-sync-options";

/** What is: events of the clusters, their projection onto intent, and what Odoo is told of both. */
@Module({})
export class ObservedModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(EventStore, SqlEventStore);
  }

  /** @param workerUrl of the worker role, past any pooler */
  static register(odoo: OdooSyncOptions, workerUrl: string): DynamicModule {
    return {
      module: ObservedModule,
      global: true,
      imports: [
        OdooDatabasesModule.register(odoo),
        OdooSyncModule.register(workerUrl),
      ],
      providers: [EventService, ProjectionService],
      exports: [EventService],
    };
  }
}
