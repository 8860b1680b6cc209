import { type DynamicModule, Module } from "@nestjs/common";
import { DatabaseModule } from "../../apps/gateway/src/database/database.module";
import type { OpenDatabase } from "../../apps/gateway/src/database/open-database";
import { DeliveryModule } from "../../apps/gateway/src/delivery/delivery.module";
import { ClustersModule } from "../../apps/gateway/src/fleet/clusters/clusters.module";
import { SignalsModule } from "../../apps/gateway/src/fleet/signals/signals.module";
import { IntentModule } from "../../apps/gateway/src/intent/intent.module";
import { ObservedModule } from "../../apps/gateway/src/observed/observed.module";
import { OdooSyncOptions } from "../../apps/gateway/src/observed/odoo-sync/odoo-sync-options";
import { AuditModule } from "../../apps/gateway/src/trust/audit/audit.module";
import { CertificatesModule } from "../../apps/gateway/src/trust/certificates/certificates.module";
import { TrustCopyModule } from "../../apps/gateway/src/trust/copy/trust-copy.module";
import { DpopModule } from "../../apps/gateway/src/trust/dpop/dpop.module";
import { ClusterTokenModule } from "../../apps/gateway/src/trust/identity/cluster-token.module";
import type { TokenAlgorithm } from "../../apps/gateway/src/trust/identity/token-options";
import { ApprovalsModule } from "../../apps/gateway/src/trust/approvals/approvals.module";
import { PayloadKeysModule } from "../../apps/gateway/src/trust/payload-keys/payload-keys.module";
import { PeopleModule } from "../../apps/gateway/src/trust/people/people.module";
import { IdentityModule } from "../../apps/gateway/src/trust/identity/identity.module";

/** Times in seconds, as the gateway's configuration names them. */
export interface StoreySettings {
  readonly poolSize: number;
  readonly leaseSeconds: number;
  readonly ttlSeconds: number;
  readonly reissueSeconds: number;
  readonly sweepSeconds: number;
  readonly credentialGraceSeconds: number;
  readonly acceptsSimulated: boolean;
  readonly issuer: string;
  readonly algorithm: TokenAlgorithm;
  /** Of the copy of revocations; none is kept where it isn't given. */
  readonly trustFile: string | undefined;
}

const DEFAULTS: StoreySettings = {
  poolSize: 10,
  leaseSeconds: 600,
  ttlSeconds: 86_400,
  reissueSeconds: 60,
  sweepSeconds: 86_400,
  credentialGraceSeconds: 86_400,
  acceptsSimulated: false,
  issuer: "https://gateway.example.com",
  algorithm: "EdDSA",
  trustFile: undefined,
};

/** The gateway below its HTTP interfaces: every storey from the database to what is observed. */
@Module({})
export class GatewayStoreys {
  static on(
    database: OpenDatabase,
    changes: Partial<StoreySettings>,
  ): DynamicModule {
    const settings = { ...DEFAULTS, ...changes };
    const { urls, masterKey } = database;
    return {
      module: GatewayStoreys,
      imports: [
        DatabaseModule.register({
          urls,
          masterKey,
          poolSize: settings.poolSize,
        }),
        IdentityModule,
        PeopleModule,
        AuditModule,
        TrustCopyModule.register({
          path: settings.trustFile,
          isRequired: true,
        }),
        ClusterTokenModule.register({
          issuer: () => settings.issuer,
          algorithm: settings.algorithm,
          rotationSeconds: 90 * 86_400,
          publishSeconds: 600,
        }),
        PayloadKeysModule.register({
          rotationSeconds: 90 * 86_400,
          publishSeconds: 600,
          signatureSeconds: 600,
        }),
        ApprovalsModule.register({
          issuer: () => settings.issuer,
          rotationSeconds: 90 * 86_400,
          publishSeconds: 600,
        }),
        CertificatesModule.register({
          domain: "gateway.example.com",
          caFiles: undefined,
          servesByOwnCa: true,
        }),
        DpopModule.register({ urls: () => ["https://gateway.example.com"] }),
        SignalsModule.register(urls.worker),
        ClustersModule.register(settings),
        DeliveryModule.register({ ...settings, retentionDays: 400 }),
        IntentModule.register({ operationObjectDays: 30 }),
        ObservedModule.register(
          new OdooSyncOptions(
            [],
            () => "https://gateway.example.com/approvals/",
            120,
            false,
          ),
          urls.worker,
        ),
      ],
    };
  }
}
