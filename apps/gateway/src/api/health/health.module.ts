import { type DynamicModule, Module } from "@nestjs/common";
import { HealthController, METRICS_TOKEN } from "./health.controller";
import { HealthService } from "./health.service";
import { OdooMetrics } from "./odoo-metrics";

@Module({})
export class HealthModule {
  /** @param metricsToken "" for none: then /metrics answers this machine only */
  static register(metricsToken: string): DynamicModule {
    return {
      module: HealthModule,
      controllers: [HealthController],
      providers: [
        HealthService,
        OdooMetrics,
        { provide: METRICS_TOKEN, useValue: metricsToken },
      ],
    };
  }
}
