import { execFile } from "node:child_process";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEmbeddedPostgres } from "../../apps/gateway/src/database/embedded";
import { openDatabase } from "../../apps/gateway/src/database/open-database";

/** What a data directory begins with: an empty database, or our schema in it with a master key of its own. */
export type Prepared = "empty" | "migrated";

/**
 * A new data directory of a gateway. A run of the whole suite makes one of each kind (make-prepared-data.ts), and a hundred
 * tests start from copies: initdb and the migrations take longer than many of them. Without a run it is without content.
 */
export async function newDataDir(
  prefix: string,
  prepared: Prepared = "migrated",
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), prefix));
  // PostgreSQL runs as another user where the tests run as root: it must be able to pass through.
  await chmod(directory, 0o711);
  const made = process.env["VWORKSPACE_TEST_PREPARED_DATA"];
  if (made !== undefined) await copy(join(made, prepared), directory);
  return directory;
}

/** Makes both kinds under `folder`, which must be there. */
export async function prepareData(folder: string): Promise<void> {
  await chmod(folder, 0o711);
  const log = () => undefined;
  const [empty, migrated] = [join(folder, "empty"), join(folder, "migrated")];
  const server = await startEmbeddedPostgres(empty, "own", log);
  await server.stop();
  await copy(empty, migrated);
  const database = await openDatabase({
    database: {
      url: undefined,
      ownerUrl: undefined,
      workerUrl: undefined,
      poolSize: 2,
    },
    dataDir: migrated,
    masterKeyFile: undefined,
    embeddedMasterKeyFile: join(migrated, "keys", "master.key"),
    log,
  });
  await database.stop();
}

/** The owners of the files too: they are PostgreSQL's. */
async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)("cp", ["-a", `${from}/.`, to]);
}
