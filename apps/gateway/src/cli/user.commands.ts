import { Argument, type Command, Option } from "commander";
import { type Role, ROLES } from "../trust/identity/domain/actor";
import { ConfigurationError } from "@vworkspace/kernel";
import { readGatewayConfig } from "../config";
import { UserService } from "../trust/identity/user.service";
import { IdentityLinkService } from "../trust/people/identity-link.service";
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
  user
    .command("link")
    .description("let a person of an OpenID provider sign in as a user")
    .addArgument(new Argument("<login>", "login of the user"))
    .requiredOption("--subject <sub>", "the provider's name of the person")
    .option("--issuer <url>", "the provider; VWORKSPACE_OIDC_ISSUER by default")
    .option("--organization <code>", "the user's organization", "default")
    .action(linkUser);
}

async function linkUser(
  login: string,
  asked: { subject: string; issuer?: string; organization: string },
): Promise<void> {
  const { subject, organization } = asked;
  const issuer = asked.issuer ?? readGatewayConfig().oidc?.issuer;
  if (issuer === undefined)
    throw new ConfigurationError(
      "VWORKSPACE_OIDC_ISSUER is not set: set it as the gateway has it, or give --issuer URL.",
    );
  await withStoreys((storeys) =>
    storeys
      .get(IdentityLinkService)
      .linkAsOperator(organization, login, { issuer, subject }),
  );
  process.stdout.write(
    `${subject} of ${issuer} signs in as ${login} (organization ${organization}).\n`,
  );
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
