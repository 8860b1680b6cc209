import { Argument, type Command } from "commander";
import {
  APPROVAL_TRUSTS,
  type ApprovalTrust,
} from "../trust/identity/domain/organization-rules";
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
    .description(
      "every organization: its code, its name, and whether Odoo's word counts as an approval there",
    )
    .action(() =>
      withStoreys(async (storeys) => {
        for (const { code, name, approvalTrust } of await storeys
          .get(OrganizationService)
          .list())
          process.stdout.write(
            `${code}  ${name}${approvalTrust === "odoo" ? "  (approval_trust odoo)" : ""}\n`,
          );
      }),
    );
  organization
    .command("approval-trust")
    .description(
      "whose approvals of operations count: personal (who approves is known here himself), or odoo (a bridge may say who approved; see docs/security.md)",
    )
    .addArgument(new Argument("<code>", "the organization"))
    .addArgument(
      new Argument("<trust>", "what counts from now on").choices([
        ...APPROVAL_TRUSTS,
      ]),
    )
    .action(setApprovalTrust);
}

async function setApprovalTrust(
  code: string,
  trust: ApprovalTrust,
): Promise<void> {
  const before = await withStoreys((storeys) =>
    storeys.get(OrganizationService).setApprovalTrust(code, trust),
  );
  process.stdout.write(
    before === trust
      ? `approval_trust of ${code} is ${trust} already: nothing was changed\n`
      : `approval_trust of ${code} is ${trust} now; it was ${before}\n`,
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
