import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { INestApplicationContext } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { Client } from "pg";
import type { DatabaseUrls } from "../../apps/gateway/src/database/data-sources";
import { DatabasePools } from "../../apps/gateway/src/database/database-pools";
import type { MasterKey } from "../../apps/gateway/src/database/master-key";
import {
  type OpenDatabase,
  openDatabase,
} from "../../apps/gateway/src/database/open-database";
import { StoreBindings } from "../../apps/gateway/src/database/store-bindings";
import { UnitOfWork } from "../../apps/gateway/src/database/unit-of-work";
import { GatewayStoreys, type StoreySettings } from "./gateway-storeys";
import { newDataDir } from "./prepared-data";

/** A class of a provider; abstract for ports. */
type Provided<T> = abstract new (...parameters: never[]) => T;

/** One gateway without HTTP, on the database of the test. */
export interface TestGateway {
  readonly context: INestApplicationContext;
  get<T>(provided: Provided<T>): T;
  close(): Promise<void>;
}

/** A PostgreSQL of the test file's own with the schema in it, and one gateway on it. */
export interface TestDatabase extends TestGateway {
  readonly urls: DatabaseUrls;
  /** URL of a superuser, whom row-level security doesn't bind: to look, and to break things. */
  readonly superuserUrl: string;
  readonly masterKey: MasterKey;
  readonly pools: DatabasePools;
  readonly bindings: StoreBindings;
  readonly unitOfWork: UnitOfWork;
  /** Rows as the superuser sees them. */
  look<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** One more gateway on the same database, as another replica; closed by `stop` at the latest. */
  openReplica(
    settings?: Partial<StoreySettings>,
    masterKey?: MasterKey,
  ): Promise<TestGateway>;
  stop(): Promise<void>;
}

/**
 * Starts an embedded PostgreSQL in a temporary directory and a gateway on it. Nothing of it outlives `stop`, or a start
 * that fails. The sweep runs once at the start and then only when a test asks for it.
 */
export async function openTestDatabase(
  settings: Partial<StoreySettings> = {},
): Promise<TestDatabase> {
  const cleanUp: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  };
  try {
    const { database, admin, url } = await openEmbedded(cleanUp);
    const open = async (
      own: Partial<StoreySettings>,
      masterKey = database.masterKey,
    ) => {
      const gateway = await openGateway(
        { ...database, masterKey },
        { ...settings, ...own },
      );
      cleanUp.push(() => gateway.close());
      return gateway;
    };
    const gateway = await open({});
    return {
      ...gateway,
      ...database,
      superuserUrl: url,
      pools: gateway.get(DatabasePools),
      bindings: gateway.get(StoreBindings),
      unitOfWork: gateway.get(UnitOfWork),
      look: async <Row>(sql: string, values: readonly unknown[] = []) =>
        (await admin.query(sql, [...values])).rows as Row[],
      openReplica: (own = {}, masterKey = database.masterKey) =>
        open(own, masterKey),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openEmbedded(
  cleanUp: (() => Promise<unknown>)[],
): Promise<{ database: OpenDatabase; admin: Client; url: string }> {
  const dataDir = await newDataDir("vworkspace-db-");
  cleanUp.push(() => rm(dataDir, { recursive: true, force: true }));
  const database = await openDatabase({
    database: {
      url: undefined,
      ownerUrl: undefined,
      workerUrl: undefined,
      poolSize: 10,
    },
    dataDir,
    masterKeyFile: undefined,
    embeddedMasterKeyFile: join(dataDir, "keys", "master.key"),
    log: () => undefined,
  });
  cleanUp.push(() => database.stop());
  const url = await superuserUrl(dataDir, database.urls.owner);
  const admin = new Client({ connectionString: url });
  await admin.connect();
  cleanUp.push(() => admin.end());
  await forgetDurability(admin);
  return { database, admin, url };
}

async function openGateway(
  database: OpenDatabase,
  settings: Partial<StoreySettings>,
): Promise<TestGateway> {
  const context = await NestFactory.createApplicationContext(
    GatewayStoreys.on(database, settings),
    { logger: false, abortOnError: false },
  );
  let isClosed = false;
  return {
    context,
    get: <T>(provided: Provided<T>) =>
      context.get<T>(provided, { strict: false }),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await context.close();
    },
  };
}

/** URL of the superuser of an embedded PostgreSQL. */
export async function superuserUrl(
  dataDir: string,
  ownerUrl: string,
): Promise<string> {
  const file = join(dataDir, "keys", "postgres.password");
  const url = new URL(ownerUrl);
  url.username = "postgres";
  url.password = (await readFile(file, "utf8")).trim();
  return url.toString();
}

/** A test's database needs to survive nothing: without waiting for the disk the suite is several times as fast. */
async function forgetDurability(admin: Client): Promise<void> {
  for (const setting of ["fsync", "synchronous_commit", "full_page_writes"])
    await admin.query(`alter system set ${setting} = off`);
  await admin.query("select pg_reload_conf()");
}
