import { Argument, type Command, Option } from "commander";
import { type Role, ROLES } from "../trust/identity/domain/actor";
import { UserService } from "../trust/identity/user.service";
import { withStoreys } from "./with-storeys";

/** `vworkspace user …` */
export function addUserCommands(program: Command): void {
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
}

async function addUser(
  login: string,
  { role, organization }: { role: Role; organization: string },
): Promise<void> {
  const { key } = await withStoreys((storeys) =>
    storeys
      .get(UserService)
      .add({ login, role, organizationCode: organization }),
  );
  process.stderr.write(
    `API key of ${login} (${role}, organization ${organization}); it is shown this once:\n`,
  );
  process.stdout.write(`${key}\n`);
}
