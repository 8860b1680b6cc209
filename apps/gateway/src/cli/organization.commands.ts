import { Argument, type Command } from "commander";
import { OrganizationService } from "../trust/identity/organization.service";
import { withStoreys } from "./with-storeys";

/** `vworkspace organization …` */
export function addOrganizationCommands(program: Command): void {
  const organization = program
    .command("organization")
    .description("organizations, which see nothing of each other");
  organization
    .command("add")
    .description("make an organization where there is none of that code")
    .addArgument(
      new Argument("<code>", "its public name, for good: a-z, 0-9 and hyphens"),
    )
    .option("--name <name>", "what people read; the code where it isn't given")
    .action(addOrganization);
  organization
    .command("list")
    .description("every organization: its code and its name")
    .action(() =>
      withStoreys(async (storeys) => {
        for (const { code, name } of await storeys
          .get(OrganizationService)
          .list())
          process.stdout.write(`${code}  ${name}\n`);
      }),
    );
}

async function addOrganization(
  code: string,
  { name }: { name?: string },
): Promise<void> {
  const added = await withStoreys((storeys) =>
    storeys.get(OrganizationService).add({ code, name }),
  );
  process.stdout.write(
    added.isNew
      ? `organization ${code} ("${added.name}") was made: give it an admin with \`user add LOGIN --role admin --organization ${code}\`\n`
      : `organization ${code} ("${added.name}") was there already: nothing was changed\n`,
  );
}
