import type { DatabaseConfig } from "../config";
import { type DatabaseUrls } from "./data-sources";
import { type EmbeddedMode, startEmbeddedPostgres } from "./embedded";
import { withHashKey } from "./hash-key";
import { type MasterKey, readMasterKey } from "./master-key";
import { migrate } from "./migrate";
import { bootstrapRoles, useRoles } from "./roles";

export interface OpenDatabase {
  readonly urls: DatabaseUrls;
  readonly masterKey: MasterKey;
  /** Stops the embedded server; nothing for another. */
  stop(): Promise<void>;
}

export interface OpenDatabaseOptions {
  readonly database: DatabaseConfig;
  readonly dataDir: string;
  /** Where the master key is; made there only for an embedded server. */
  readonly masterKeyFile: string | undefined;
  readonly embeddedMasterKeyFile: string;
  /** For an embedded server; "own" where it isn't said. */
  readonly mode?: EmbeddedMode;
  readonly log: (line: string) => void;
}

/** Finds or starts PostgreSQL, makes the three roles where it may, and brings the schema up to date. */
export async function openDatabase(
  options: OpenDatabaseOptions,
): Promise<OpenDatabase> {
  const { url, ownerUrl, workerUrl } = options.database;
  if (url === undefined) return openEmbedded(options);
  const masterKey = await readMasterKey(options.masterKeyFile, false);
  const urls =
    ownerUrl && workerUrl
      ? await useRoles({ owner: ownerUrl, app: url, worker: workerUrl })
      : await bootstrapRoles(url, masterKey.oldest);
  await migrateWithLog(urls, options.log);
  return {
    urls,
    masterKey: await withHashKey(urls.worker, masterKey),
    stop: () => Promise.resolve(),
  };
}

async function openEmbedded(
  options: OpenDatabaseOptions,
): Promise<OpenDatabase> {
  const server = await startEmbeddedPostgres(
    options.dataDir,
    options.mode ?? "own",
    options.log,
  );
  try {
    const masterKey = await readMasterKey(
      options.masterKeyFile ?? options.embeddedMasterKeyFile,
      true,
    );
    const urls = await bootstrapRoles(server.bootstrapUrl, masterKey.oldest);
    await migrateWithLog(urls, options.log);
    return {
      urls,
      masterKey: await withHashKey(urls.worker, masterKey),
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function migrateWithLog(
  urls: DatabaseUrls,
  log: (line: string) => void,
): Promise<void> {
  const ran = await migrate(urls);
  if (ran.length > 0) log(`Migrations run: ${ran.join(", ")}.`);
}
