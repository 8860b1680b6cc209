import { join } from "node:path";
import { Module } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { AgentConfig } from "../config";
import { ControlPlaneModule } from "../control-plane/control-plane.module";
import { ControlPlane } from "../control-plane/control-plane";
import { Link } from "../control-plane/link";
import { Log } from "../log";
import { EventSpool, MemoryEventSpool } from "./event-spool";
import { openEventSpool } from "./open-event-spool";
import { Reporter } from "./reporter";

@Module({
  imports: [ControlPlaneModule],
  providers: [
    { provide: EventSpool, inject: [AgentConfig, Log], useFactory: spool },
    {
      provide: Reporter,
      inject: [ControlPlane, EventSpool, Link, Clock, Log],
      useFactory: reporter,
    },
  ],
  exports: [EventSpool, Reporter],
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

function spool({ stateDir }: AgentConfig, log: Log): EventSpool {
  if (stateDir === undefined) return new MemoryEventSpool();
  return openEventSpool(join(stateDir, "events"), log);
}
