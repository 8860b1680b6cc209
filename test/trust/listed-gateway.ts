import { rm } from "node:fs/promises";
import { join } from "node:path";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { newId } from "@vworkspace/kernel";
import { Client } from "pg";
import pino from "pino";
import { ErrorFilter } from "../../apps/gateway/src/api/http/error.filter";
import {
  httpAdapter,
  prepareServer,
} from "../../apps/gateway/src/api/http/server";
import { prepareAgentListener } from "../../apps/gateway/src/api/http/start-agent-listener";
import {
  embeddedMasterKeyFile,
  type GatewayConfig,
  readGatewayConfig,
} from "../../apps/gateway/src/config";
import type { DatabaseUrls } from "../../apps/gateway/src/database/data-sources";
import {
  type OpenDatabase,
  openDatabase,
} from "../../apps/gateway/src/database/open-database";
import { UnitOfWork } from "../../apps/gateway/src/database/unit-of-work";
import { GatewayModule } from "../../apps/gateway/src/gateway.module";
import { SUITE_LIMITS } from "../conformance/gateway-process";
import { superuserUrl } from "../db/open-test-database";
import { newDataDir } from "../db/prepared-data";
import type { TenantHost } from "../db/test-tenant";

type Settings = Readonly<Record<string, string>>;

export interface Route {
  readonly method: string;
  /** As the application registered it, for example `/api/agent/jobs/:id/ack`. */
  readonly path: string;
}

/** A whole gateway in this process, which tells what routes it serves. */
export interface ListedGateway extends TenantHost {
  readonly url: string;
  /** Of its TLS listener for agents, where the settings ask for one. */
  readonly agentPort: number | undefined;
  readonly dataDir: string;
  /** URL of the superuser of its database. */
  databaseUrl(): Promise<string>;
  /** URLs of the roles that it uses itself. */
  readonly databaseUrls: DatabaseUrls;
  /** Every route, in the order of registration; nothing that the application serves is missing. */
  readonly routes: readonly Route[];
  stop(): Promise<void>;
}

export async function startListedGateway(
  settings: Settings = {},
): Promise<ListedGateway> {
  return serve(settings, (dataDir, { urls }) =>
    superuserUrl(dataDir, urls.owner),
  );
}

/** One more on the database, and under the master key, of another one, which is stopped after it. */
export async function startListedReplica(
  first: ListedGateway,
  settings: Settings = {},
): Promise<ListedGateway> {
  const { app, owner, worker } = first.databaseUrls;
  return serve(
    {
      DATABASE_URL: app,
      DATABASE_OWNER_URL: owner,
      DATABASE_WORKER_URL: worker,
      VWORKSPACE_MASTER_KEY_FILE: join(first.dataDir, "keys", "master.key"),
      VWORKSPACE_TRUST_FILE: join(first.dataDir, `trust-${newId()}.sealed`),
      ...settings,
    },
    () => first.databaseUrl(),
  );
}

async function serve(
  settings: Settings,
  superuserOf: (dataDir: string, database: OpenDatabase) => Promise<string>,
): Promise<ListedGateway> {
  const dataDir = await newDataDir("vworkspace-trust-");
  const config = readGatewayConfig({
    VWORKSPACE_DATA_DIR: dataDir,
    VWORKSPACE_HTTP_ADDR: "127.0.0.1:0",
    VWORKSPACE_LIMITS_FILE: SUITE_LIMITS,
    ...settings,
  });
  const database = await openDatabase({
    ...config,
    embeddedMasterKeyFile: embeddedMasterKeyFile(config),
    log: () => undefined,
  });
  const { app, ...served } = await listen(config, database);
  const databaseUrl = () => superuserOf(dataDir, database);
  const admin = new Client({ connectionString: await databaseUrl() });
  await admin.connect();
  return {
    ...served,
    dataDir,
    databaseUrl,
    databaseUrls: database.urls,
    unitOfWork: app.get(UnitOfWork),
    get: (provided) => app.get(provided, { strict: false }),
    look: async <Row>(sql: string, values: readonly unknown[] = []) =>
      (await admin.query(sql, [...values])).rows as Row[],
    stop: async () => {
      await admin.end();
      await app.close();
      await database.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** What main.ts does, with an eye on the routes. */
async function listen(config: GatewayConfig, database: OpenDatabase) {
  let url = "";
  const logger = pino({ level: "silent" });
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.register(config, database, () => url),
    httpAdapter(logger, config.agents.trustedProxies),
    { logger: false, bodyParser: false, abortOnError: false },
  );
  const routes: Route[] = [];
  app
    .getHttpAdapter()
    .getInstance()
    .addHook("onRoute", ({ method, url: path }) => {
      for (const one of [method].flat()) routes.push({ method: one, path });
    });
  app.useGlobalFilters(new ErrorFilter());
  prepareServer(app, config);
  const listenForAgents = prepareAgentListener(app, config.agents, {
    limits: config,
    logger,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const agentPort = await listenForAgents();
  const { port } = app.getHttpServer().address() as { port: number };
  url = `http://127.0.0.1:${port}`;
  return { app, routes, agentPort, url };
}
