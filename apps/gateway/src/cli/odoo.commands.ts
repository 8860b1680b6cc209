import { Argument, type Command } from "commander";
import { PairCodeService } from "../observed/odoo-sync/pair-code.service";
import { withStoreys } from "./with-storeys";

/** `vworkspace odoo …` */
export function addOdooCommands(program: Command): void {
  program
    .command("odoo")
    .description("Odoo databases that organizations work with")
    .command("pair-code")
    .description(
      "a code that pairs an Odoo database with an organization, printed once; a new one ends the one before",
    )
    .addArgument(new Argument("<organization>", "its code"))
    .addArgument(
      new Argument(
        "<name>",
        "of the Odoo database here, made where there is none",
      ),
    )
    .action(issueCode);
}

async function issueCode(organization: string, name: string): Promise<void> {
  const { code, expiresAt } = await withStoreys((storeys) =>
    storeys.get(PairCodeService).issue(organization, name),
  );
  process.stderr.write(
    `Pairing code of ${name} (organization ${organization}); it counts once, until ${expiresAt.toISOString()}:\n`,
  );
  process.stdout.write(`${code}\n`);
}
