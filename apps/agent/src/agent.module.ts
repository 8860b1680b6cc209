import { type DynamicModule, Module } from "@nestjs/common";
import { Agent } from "./agent";
import { type AgentParts, FoundationModule } from "./foundation.module";

/** What lasts as long as the process; the rooms that work come with each term (term.module.ts). */
@Module({})
export class AgentModule {
  static register(parts: AgentParts): DynamicModule {
    return {
      module: AgentModule,
      imports: [FoundationModule.register(parts)],
      providers: [Agent],
    };
  }
}
