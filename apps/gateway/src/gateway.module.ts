import { type DynamicModule, Module } from "@nestjs/common";
import { AgentApiModule } from "./api/agent/agent-api.module";
import { HealthModule } from "./api/health/health.module";
import { OdooModule } from "./api/odoo/odoo.module";
import type { GatewayConfig } from "./config";
import { DatabaseModule } from "./database/database.module";
import type { OpenDatabase } from "./database/open-database";
import { DeliveryModule } from "./delivery/delivery.module";
import { ClustersModule } from "./fleet/clusters/clusters.module";
import { SignalsModule } from "./fleet/signals/signals.module";
import { IntentModule } from "./intent/intent.module";
import { ObservedModule } from "./observed/observed.module";
import { AuditModule } from "./trust/audit/audit.module";
import { IdentityModule } from "./trust/identity/identity.module";

/** The storeys of the gateway, lowest first: each uses only what stands before it. */
@Module({})
export class GatewayModule {
  static register(
    config: GatewayConfig,
    database: OpenDatabase,
    publicUrl: () => string,
  ): DynamicModule {
    const { urls, masterKey } = database;
    return {
      module: GatewayModule,
      imports: [
        DatabaseModule.register({
          urls,
          masterKey,
          poolSize: config.database.poolSize,
        }),
        IdentityModule,
        AuditModule,
        SignalsModule.register(urls.worker),
        ClustersModule.register({
          credentialGraceSeconds: config.credentialGraceSeconds,
          acceptsSimulated: config.isDemo,
        }),
        DeliveryModule.register({
          ...config.jobs,
          retentionDays: config.retentionDays,
        }),
        IntentModule,
        ObservedModule,
        AgentApiModule,
        OdooModule.register({
          databases: config.odooDatabases,
          publicUrl,
          disconnectAfterSeconds: config.disconnectAfterSeconds,
        }),
        HealthModule.register(config.metricsToken ?? ""),
      ],
    };
  }
}
