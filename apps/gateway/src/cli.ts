import "reflect-metadata";
import { ConfigurationError, DomainError, VERSION } from "@vworkspace/kernel";
import { Command } from "commander";
import { addCaCommands } from "./cli/ca.commands";
import { addMasterKeyCommands } from "./cli/master-key.commands";
import { addOdooCommands } from "./cli/odoo.commands";
import { addOrganizationCommands } from "./cli/organization.commands";
import { addSigningKeyCommands } from "./cli/signing-key.commands";
import { addUserCommands } from "./cli/user.commands";

/** Commands of an operator, on the gateway's database itself. Works while the gateway runs, and while it doesn't. */
async function main(): Promise<void> {
  const program = new Command("vworkspace")
    .description("Operator's commands of the vworkspace gateway.")
    .version(VERSION);
  addOrganizationCommands(program);
  addUserCommands(program);
  addOdooCommands(program);
  addSigningKeyCommands(program);
  addMasterKeyCommands(program);
  addCaCommands(program);
  await program.parseAsync();
}

main().catch((error: unknown) => {
  const isSentence =
    error instanceof ConfigurationError || error instanceof DomainError;
  process.stderr.write(
    `${isSentence ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(error instanceof ConfigurationError ? 78 : 1);
});
