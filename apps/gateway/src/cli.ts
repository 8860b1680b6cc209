import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ConfigurationError, DomainError, VERSION } from "@vworkspace/kernel";
import { Argument, Command, Option } from "commander";
import { embeddedMasterKeyFile, readGatewayConfig } from "./config";
import { DatabaseModule } from "./database/database.module";
import { type OpenDatabase, openDatabase } from "./database/open-database";
import { AuditModule } from "./trust/audit/audit.module";
import { type Role, ROLES } from "./trust/identity/domain/actor";
import { IdentityModule } from "./trust/identity/identity.module";
import { UserService } from "./trust/identity/user.service";

@Module({})
class CliModule {}

/** Commands of an operator, on the gateway's database itself. Works while the gateway runs, and while it doesn't. */
async function main(): Promise<void> {
  const program = new Command("vworkspace")
    .description("Operator's commands of the vworkspace gateway.")
    .version(VERSION);
  const user = program
    .command("user")
    .description("users of the Odoo-shaped API");
  user
    .command("add")
    .description(
      "make a user where there is none of that login, and an API key, printed once",
    )
    .addArgument(new Argument("<login>", "name to log in with"))
    .addOption(
      new Option("--role <role>", "what the user may do")
        .choices([...ROLES])
        .makeOptionMandatory(),
    )
    .option(
      "--organization <code>",
      "the organization, made where it is missing",
      "default",
    )
    .action(addUser);
  await program.parseAsync();
}

async function addUser(
  login: string,
  options: { role: Role; organization: string },
): Promise<void> {
  const config = readGatewayConfig();
  const database = await openDatabase({
    ...config,
    mode: "join",
    embeddedMasterKeyFile: embeddedMasterKeyFile(config),
    log: () => undefined,
  });
  try {
    const { key } = await withUsers(database, (users) =>
      users.add({
        login,
        role: options.role,
        organizationCode: options.organization,
      }),
    );
    process.stderr.write(
      `API key of ${login} (${options.role}, organization ${options.organization}); it is shown this once:\n`,
    );
    process.stdout.write(`${key}\n`);
  } finally {
    await database.stop();
  }
}

async function withUsers<T>(
  database: OpenDatabase,
  work: (users: UserService) => Promise<T>,
): Promise<T> {
  const { urls, masterKey } = database;
  const imports = [
    DatabaseModule.register({ urls, masterKey, poolSize: 2 }),
    IdentityModule,
    AuditModule,
  ];
  const app = await NestFactory.createApplicationContext(
    { module: CliModule, imports },
    { logger: false, abortOnError: false },
  );
  try {
    return await work(app.get(UserService));
  } finally {
    await app.close();
  }
}

main().catch((error: unknown) => {
  const isSentence =
    error instanceof ConfigurationError || error instanceof DomainError;
  process.stderr.write(
    `${isSentence ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(error instanceof ConfigurationError ? 78 : 1);
});
