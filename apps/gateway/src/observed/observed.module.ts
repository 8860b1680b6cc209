import { Module } from "@nestjs/common";
import { StoreBindings } from "../database/store-bindings";
import { SqlEventStore } from "./events/adapters/sql-event-store";
import { EventStore } from "./events/domain/event-store";
import { EventService } from "./events/event.service";
import { ProjectionService } from "./events/projection.service";

/** What is: events of the clusters, and their projection onto intent. */
@Module({
  providers: [EventService, ProjectionService],
  exports: [EventService],
})
export class ObservedModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(EventStore, SqlEventStore);
  }
}
