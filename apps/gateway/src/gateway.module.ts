import { type DynamicModule, Module } from "@nestjs/common";
import { AgentApiModule } from "./api/agent/agent-api.module";
import { HealthModule } from "./api/health/health.module";
import type { LimitOptions } from "./api/limits/limit-options";
import { LimitsModule } from "./api/limits/limits.module";
import { McpModule } from "./api/mcp/mcp.module";
import { APPROVALS_PATH } from "./api/odoo/models/operation.model";
import { OdooModule } from "./api/odoo/odoo.module";
import { PeopleApiModule } from "./api/people/people-api.module";
import { type GatewayConfig, trustFile } from "./config";
import { DatabaseModule } from "./database/database.module";
import type { OpenDatabase } from "./database/open-database";
import { DeliveryModule } from "./delivery/delivery.module";
import { ClustersModule } from "./fleet/clusters/clusters.module";
import { SignalsModule } from "./fleet/signals/signals.module";
import { IntentModule } from "./intent/intent.module";
import { ObservedModule } from "./observed/observed.module";
import { OdooSyncOptions } from "./observed/odoo-sync/odoo-sync-options";
import { AuditModule } from "./trust/audit/audit.module";
import { CertificatesModule } from "./trust/certificates/certificates.module";
import { TrustCopyModule } from "./trust/copy/trust-copy.module";
import { DpopModule } from "./trust/dpop/dpop.module";
import { ClusterTokenModule } from "./trust/identity/cluster-token.module";
import { IdentityModule } from "./trust/identity/identity.module";
import { ApprovalsModule } from "./trust/approvals/approvals.module";
import { PAYLOAD_SIGNATURE_SECONDS } from "./trust/payload-keys/payload-key-options";
import { PayloadKeysModule } from "./trust/payload-keys/payload-keys.module";
import { KEY_PUBLICATION_SECONDS } from "./trust/identity/token-options";

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
        ...trustModules(config, publicUrl),
        SignalsModule.register(urls.worker),
        ClustersModule.register({
          credentialGraceSeconds: config.credentialGraceSeconds,
          acceptsSimulated: config.isDemo,
        }),
        DeliveryModule.register({
          ...config.jobs,
          retentionDays: config.retentionDays,
        }),
        IntentModule.register({
          operationObjectDays: config.operationObjectDays,
        }),
        ObservedModule.register(odooOptions(config, publicUrl), urls.worker),
        LimitsModule.register(limitOptions(config)),
        ...apiModules(config, publicUrl),
      ],
    };
  }
}

function odooOptions(
  { odooHttpHosts, disconnectAfterSeconds }: GatewayConfig,
  publicUrl: () => string,
): OdooSyncOptions {
  return new OdooSyncOptions(
    odooHttpHosts,
    () => `${publicUrl()}${APPROVALS_PATH}`,
    disconnectAfterSeconds,
  );
}

/** Neither kind of work takes all connections, and what works finds one without waiting for it. */
function limitOptions({ limits, database }: GatewayConfig): LimitOptions {
  const places = Math.max(1, Math.floor(database.poolSize * 0.7));
  return { limits, places, random: Math.random };
}

/** The uppermost storey, how others reach us. */
function apiModules(
  config: GatewayConfig,
  publicUrl: () => string,
): Required<DynamicModule>["imports"] {
  return [
    AgentApiModule,
    OdooModule.register({
      databases: config.odooDatabases,
      publicUrl,
      disconnectAfterSeconds: config.disconnectAfterSeconds,
    }),
    McpModule.register({ publicUrl }),
    PeopleApiModule.register(publicUrl, config.oidc),
    HealthModule.register(config.metricsToken ?? ""),
  ];
}

/** The storey of trust. */
function trustModules(
  config: GatewayConfig,
  publicUrl: () => string,
): Required<DynamicModule>["imports"] {
  return [
    IdentityModule,
    AuditModule,
    TrustCopyModule.register({
      path: trustFile(config),
      isRequired: config.trustFile !== undefined,
    }),
    ClusterTokenModule.register({
      issuer: () => config.issuer ?? publicUrl(),
      algorithm: config.tokenAlgorithm,
      rotationSeconds: config.signingKeySeconds,
      publishSeconds: KEY_PUBLICATION_SECONDS,
    }),
    PayloadKeysModule.register({
      rotationSeconds: config.signingKeySeconds,
      publishSeconds: KEY_PUBLICATION_SECONDS,
      signatureSeconds: PAYLOAD_SIGNATURE_SECONDS,
    }),
    ApprovalsModule.register({
      issuer: () => config.issuer ?? publicUrl(),
      rotationSeconds: config.signingKeySeconds,
      publishSeconds: KEY_PUBLICATION_SECONDS,
    }),
    CertificatesModule.register({
      domain: config.agents.trustDomain,
      caFiles: config.agents.caFiles,
      servesByOwnCa: Boolean(config.agents.address && !config.agents.tlsFiles),
    }),
    DpopModule.register({
      urls: () => [publicUrl(), ...config.agentUrls],
    }),
  ];
}
