import { type DynamicModule, Module } from "@nestjs/common";
import { ObservedModule } from "../../observed/observed.module";
import { HealthController, METRICS_TOKEN } from "./health.controller";
import { HealthService } from "./health.service";

@Module({})
export class HealthModule {
  /** @param metricsToken "" for none: then /metrics answers this machine only */
  static register(metricsToken: string): DynamicModule {
    return {
      module: HealthModule,
      imports: [ObservedModule],
      controllers: [HealthController],
      providers: [
        HealthService,
        { provide: METRICS_TOKEN, useValue: metricsToken },
      ],
    };
  }
}
