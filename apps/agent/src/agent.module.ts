import { type DynamicModule, Module } from "@nestjs/common";
import { Agent } from "./agent";
import { ControlPlaneModule } from "./control-plane/control-plane.module";
import { type AgentParts, FoundationModule } from "./foundation.module";
import { IntakeModule } from "./intake/intake.module";
import { ReconcilersModule } from "./reconcilers/reconcilers.module";
import { ReportingModule } from "./reporting/reporting.module";
import { WatchesModule } from "./watches/watches.module";

/** The list of rooms. */
@Module({})
export class AgentModule {
  static register(parts: AgentParts): DynamicModule {
    return {
      module: AgentModule,
      imports: [
        FoundationModule.register(parts),
        WatchesModule,
        ControlPlaneModule,
        ReportingModule,
        IntakeModule,
        ReconcilersModule,
      ],
      providers: [Agent],
    };
  }
}
