import type { Client } from "pg";
import { ConfigurationError } from "@vworkspace/kernel";
import { connectClient } from "./connect-client";
import type { MasterKey } from "./master-key";

export const HASH_KEY_PURPOSE = "hash";

/** What the sealed hash key is bound to: its place. */
export function sealedKeyContext(purpose: string): string {
  return `sealed_keys:${purpose}`;
}

/**
 * The master key, with the key that secrets are hashed under: a key of its own in the database, sealed, so that API keys
 * outlive a change of the master key. Its first value is the master key of that day, under which they were hashed before.
 * @throws ConfigurationError for a master key that it isn't sealed with
 */
export async function withHashKey(
  workerUrl: string,
  masterKey: MasterKey,
): Promise<MasterKey> {
  const client = await connectClient(workerUrl, "DATABASE_WORKER_URL");
  try {
    return masterKey.withHashKey(await readHashKey(client, masterKey));
  } finally {
    await client.end();
  }
}

async function readHashKey(
  client: Client,
  masterKey: MasterKey,
): Promise<Buffer> {
  const context = sealedKeyContext(HASH_KEY_PURPOSE);
  await client.query(
    "insert into sealed_keys (purpose, sealed) values ($1, $2) on conflict (purpose) do nothing",
    [HASH_KEY_PURPOSE, masterKey.seal(masterKey.oldest, context)],
  );
  const { rows } = await client.query<{ sealed: Buffer }>(
    "select sealed from sealed_keys where purpose = $1",
    [HASH_KEY_PURPOSE],
  );
  try {
    return masterKey.open(rows[0]?.sealed ?? Buffer.alloc(0), context);
  } catch {
    throw new ConfigurationError(
      "The master key is not the one that this database's keys are sealed with: bring back that key file (VWORKSPACE_MASTER_KEY_FILE).",
    );
  }
}
