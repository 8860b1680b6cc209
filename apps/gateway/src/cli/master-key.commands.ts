import type { Command } from "commander";
import { connectClient } from "../database/connect-client";
import { readMasterKey } from "../database/master-key";
import { rewrap } from "../trust/keys/rewrap";
import { withDatabase } from "./with-storeys";

/** `vworkspace master-key …` */
export function addMasterKeyCommands(program: Command): void {
  program
    .command("master-key")
    .description("the key that the gateway's own keys are sealed under")
    .command("rewrap")
    .description(
      "seal everything under another master key; may be repeated, also after it was cut off",
    )
    .requiredOption(
      "--to <file>",
      "the new key: openssl rand -base64 32 > FILE",
    )
    .action(rewrapTo);
}

async function rewrapTo({ to: file }: { to: string }): Promise<void> {
  const to = await readMasterKey(file, false);
  await withDatabase(async ({ urls, masterKey }) => {
    const client = await connectClient(urls.owner, "DATABASE_OWNER_URL");
    try {
      for (const count of await rewrap(client, masterKey, to))
        process.stdout.write(
          `${count.column}: ${count.rewrapped} sealed anew, ${count.already} were already\n`,
        );
    } finally {
      await client.end();
    }
  });
  process.stdout.write(
    `Everything is sealed under ${to.id}. Now let the first line of the master key file be the new key, and start the gateways anew.\n`,
  );
}
