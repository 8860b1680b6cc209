import type { Command } from "commander";
import type { SigningKeyRow } from "../trust/identity/domain/signing-key-store";
import { SigningKeyService } from "../trust/identity/signing-key.service";
import { ApprovalKeyRotation } from "../trust/approvals/approval-keys";
import { PayloadKeyRotation } from "../trust/payload-keys/payload-key-rotation";
import { withStoreys } from "./with-storeys";

/** Keys whose life is the same, and what they sign. */
const GROUPS = [
  {
    name: "signing-keys",
    description: "keys that sign the tokens of clusters",
    service: SigningKeyService,
  },
  {
    name: "payload-keys",
    description: "keys that sign the payloads of jobs",
    service: PayloadKeyRotation,
  },
  {
    name: "approval-keys",
    description: "keys that sign approvals of operations",
    service: ApprovalKeyRotation,
  },
] as const;

/** `vworkspace signing-keys …`, `vworkspace payload-keys …` and `vworkspace approval-keys …` */
export function addSigningKeyCommands(program: Command): void {
  for (const { name, description, service } of GROUPS) {
    const keys = program.command(name).description(description);
    keys
      .command("list")
      .description("every key that still verifies")
      .action(() => withStoreys((storeys) => print(storeys.get(service))));
    keys
      .command("rotate")
      .description(
        "publish the next key now; it signs ten minutes later, and the old one verifies until nothing that it signed is in use",
      )
      .option("--now", "let it sign at once", false)
      .action(({ now }: { now: boolean }) =>
        withStoreys(async (storeys) => {
          await storeys.get(service).rotate({ isUrgent: now });
          await print(storeys.get(service));
        }),
      );
    keys
      .command("distrust")
      .description(
        "refuse from now on what a retired key has signed: it was stolen",
      )
      .argument("<kid>", "as the list shows it")
      .action((kid: string) =>
        withStoreys(async (storeys) => {
          await storeys.get(service).distrust(kid);
          await print(storeys.get(service));
        }),
      );
  }
}

async function print(keys: SigningKeyService): Promise<void> {
  for (const key of await keys.list()) process.stdout.write(`${line(key)}\n`);
}

function line(key: SigningKeyRow): string {
  const { kid, algorithm, state, signsFrom, verifiesUntil } = key;
  const times = {
    current: `signs since ${signsFrom.toISOString()}`,
    next: `signs from ${signsFrom.toISOString()}`,
    retired: `verifies until ${verifiesUntil?.toISOString() ?? "it is removed"}`,
  };
  return `${kid}  ${algorithm}  ${state.padEnd(7)}  ${times[state]}`;
}
