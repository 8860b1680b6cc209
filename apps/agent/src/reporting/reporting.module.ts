import { Module } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { ControlPlaneModule } from "../control-plane/control-plane.module";
import { ControlPlane } from "../control-plane/control-plane";
import { Log } from "../log";
import { EventSpool, MemoryEventSpool } from "./event-spool";
import { Reporter } from "./reporter";

@Module({
  imports: [ControlPlaneModule],
  providers: [
    { provide: EventSpool, useFactory: () => new MemoryEventSpool() },
    {
      provide: Reporter,
      inject: [ControlPlane, EventSpool, Clock, Log],
      useFactory: (
        controlPlane: ControlPlane,
        spool: EventSpool,
        clock: Clock,
        log: Log,
      ) => new Reporter({ controlPlane, spool, clock, log }),
    },
  ],
  exports: [Reporter],
})
export class ReportingModule {}
