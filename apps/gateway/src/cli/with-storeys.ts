import {
  type DynamicModule,
  type INestApplicationContext,
  Module,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  embeddedMasterKeyFile,
  type GatewayConfig,
  readGatewayConfig,
} from "../config";
import { DatabaseModule } from "../database/database.module";
import { type OpenDatabase, openDatabase } from "../database/open-database";
import { OdooDatabasesModule } from "../observed/odoo-sync/odoo-databases.module";
import { OdooSyncOptions } from "../observed/odoo-sync/odoo-sync-options";
import { AuditModule } from "../trust/audit/audit.module";
import { CertificatesModule } from "../trust/certificates/certificates.module";
import { ClusterTokenModule } from "../trust/identity/cluster-token.module";
import { IdentityModule } from "../trust/identity/identity.module";
import { ApprovalsModule } from "../trust/approvals/approvals.module";
import { PAYLOAD_SIGNATURE_SECONDS } from "../trust/payload-keys/payload-key-options";
import { PayloadKeysModule } from "../trust/payload-keys/payload-keys.module";
import { PeopleModule } from "../trust/people/people.module";
import { KEY_PUBLICATION_SECONDS } from "../trust/identity/token-options";

@Module({})
class CliModule {}

/** The database that the gateway's configuration names. */
export async function withDatabase<T>(
  work: (database: OpenDatabase) => Promise<T>,
): Promise<T> {
  const config = readGatewayConfig();
  const database = await openDatabase({
    ...config,
    mode: "join",
    embeddedMasterKeyFile: embeddedMasterKeyFile(config),
    log: () => undefined,
  });
  try {
    return await work(database);
  } finally {
    await database.stop();
  }
}

/** The storeys below the interfaces, as far as commands need them, on that database. */
export async function withStoreys<T>(
  work: (storeys: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const config = readGatewayConfig();
  return withDatabase(async ({ urls, masterKey }) => {
    const imports = [
      DatabaseModule.register({ urls, masterKey, poolSize: 2 }),
      IdentityModule,
      PeopleModule,
      AuditModule,
      OdooDatabasesModule.register(
        new OdooSyncOptions(
          config.odooHttpHosts,
          () => "",
          config.disconnectAfterSeconds,
        ),
      ),
      ...keyModules(config),
    ];
    const storeys = await NestFactory.createApplicationContext(
      { module: CliModule, imports },
      { logger: false, abortOnError: false },
    );
    try {
      return await work(storeys);
    } finally {
      await storeys.close();
    }
  });
}

/** Keys of the gateway, and what they sign. */
function keyModules(config: GatewayConfig): readonly DynamicModule[] {
  return [
    ClusterTokenModule.register({
      issuer: () => config.issuer ?? config.publicUrl ?? "",
      algorithm: config.tokenAlgorithm,
      rotationSeconds: config.signingKeySeconds,
      publishSeconds: KEY_PUBLICATION_SECONDS,
    }),
    CertificatesModule.register({
      domain: config.agents.trustDomain,
      caFiles: config.agents.caFiles,
      servesByOwnCa: false,
    }),
    PayloadKeysModule.register({
      rotationSeconds: config.signingKeySeconds,
      publishSeconds: KEY_PUBLICATION_SECONDS,
      signatureSeconds: PAYLOAD_SIGNATURE_SECONDS,
    }),
    ApprovalsModule.register({
      issuer: () => config.issuer ?? config.publicUrl ?? "",
      rotationSeconds: config.signingKeySeconds,
      publishSeconds: KEY_PUBLICATION_SECONDS,
    }),
  ];
}
