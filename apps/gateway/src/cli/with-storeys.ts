import { type INestApplicationContext, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { embeddedMasterKeyFile, readGatewayConfig } from "../config";
import { DatabaseModule } from "../database/database.module";
import { openDatabase } from "../database/open-database";
import { AuditModule } from "../trust/audit/audit.module";
import { IdentityModule } from "../trust/identity/identity.module";

@Module({})
class CliModule {}

/** The storeys below the interfaces, as far as commands need them, on the database that the gateway's configuration names. */
export async function withStoreys<T>(
  work: (storeys: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const config = readGatewayConfig();
  const database = await openDatabase({
    ...config,
    mode: "join",
    embeddedMasterKeyFile: embeddedMasterKeyFile(config),
    log: () => undefined,
  });
  try {
    const { urls, masterKey } = database;
    const imports = [
      DatabaseModule.register({ urls, masterKey, poolSize: 2 }),
      IdentityModule,
      AuditModule,
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
  } finally {
    await database.stop();
  }
}
