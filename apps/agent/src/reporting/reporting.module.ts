import { Module } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { ControlPlaneModule } from "../control-plane/control-plane.module";
import { ControlPlane } from "../control-plane/control-plane";
import { Link } from "../control-plane/link";
import { Log } from "../log";
import { EventSpool, MemoryEventSpool } from "./event-spool";
import { Reporter } from "./reporter";

@Module({
  imports: [ControlPlaneModule],
  providers: [
    { provide: EventSpool, useFactory: () => new MemoryEventSpool() },
    {
      provide: Reporter,
      inject: [ControlPlane, EventSpool, Link, Clock, Log],
      useFactory: reporter,
    },
  ],
  exports: [Reporter],
})
export class ReportingModule {}

function reporter(
  ...[controlPlane, spool, link, clock, log]: [
    ControlPlane,
    EventSpool,
    Link,
    Clock,
    Log,
  ]
): Reporter {
  return new Reporter({ controlPlane, spool, link, clock, log });
}
