import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import {
  ConfigurationError,
  environmentHelp,
  VERSION,
} from "@vworkspace/kernel";
import pino from "pino";
import { ErrorFilter } from "./api/http/error.filter";
import { PinoLogger } from "./api/http/pino-logger";
import { prepareAgentListener } from "./api/http/start-agent-listener";
import { httpAdapter, prepareServer } from "./api/http/server";
import {
  embeddedMasterKeyFile,
  GATEWAY_ENVIRONMENT,
  type GatewayConfig,
  readGatewayConfig,
} from "./config";
import { type OpenDatabase, openDatabase } from "./database/open-database";
import { GatewayModule } from "./gateway.module";
import { prepareOrganizations } from "./prepare-organizations";

/** sysexits.h: the configuration is wrong. */
const EX_CONFIG = 78;

const HELP = `vworkspace gateway ${VERSION}: carries intent from Odoo to clusters, and the truth back.

Usage: npm run gateway            (everything is set by environment variables)

${environmentHelp(GATEWAY_ENVIRONMENT)}
`;

async function main(): Promise<void> {
  if (process.argv.includes("--help")) {
    process.stdout.write(HELP);
    return;
  }
  const [argument] = process.argv.slice(2);
  if (argument !== undefined)
    throw new ConfigurationError(
      `The gateway knows no "${argument}": its settings are environment variables, which --help lists.`,
    );
  const config = readGatewayConfig();
  const logger = pino({
    level: config.logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  const database = await openDatabase({
    ...config,
    embeddedMasterKeyFile: embeddedMasterKeyFile(config),
    log: (line) => logger.info(line),
  });
  try {
    await serve(config, database, logger);
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function serve(
  config: GatewayConfig,
  database: OpenDatabase,
  logger: pino.Logger,
): Promise<void> {
  const { host, port } = config.http;
  let listeningUrl = "";
  const publicUrl = () => config.publicUrl ?? listeningUrl;
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.register(config, database, publicUrl),
    httpAdapter(logger, config.agents.trustedProxies),
    {
      logger: new PinoLogger(logger),
      bodyParser: false,
      // What it fails on is said, and the database stopped, as with everything else.
      abortOnError: false,
    },
  );
  app.useGlobalFilters(new ErrorFilter());
  prepareServer(app, config);
  const listenForAgents = prepareAgentListener(app, config.agents, {
    limits: config,
    logger,
  });
  let agentPort: number | undefined;
  try {
    await prepareOrganizations(app, config);
    await listen(app, host, port);
    agentPort = await listenForAgents();
  } catch (error) {
    // Its connections end before the database does: one that is cut off would end the process without a sentence.
    await app.close();
    throw error;
  }
  const address = app.getHttpServer().address() as { port: number };
  listeningUrl = `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
  logger.info(
    { event: "listening", url: listeningUrl, agentPort, version: VERSION },
    "The gateway listens",
  );
  closeOnSignal(app, database, logger);
}

async function listen(
  app: NestFastifyApplication,
  host: string,
  port: number,
): Promise<void> {
  try {
    await app.listen({ host, port, backlog: 4096 });
  } catch (error) {
    if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    throw new ConfigurationError(
      `VWORKSPACE_HTTP_ADDR ${host}:${port} is in use: stop what listens there, or choose another port.`,
    );
  }
}

/** Waiting polls are answered first, then requests drain, then the pools close, and the embedded database last. */
function closeOnSignal(
  app: NestFastifyApplication,
  database: OpenDatabase,
  logger: pino.Logger,
): void {
  let isClosing = false;
  const close = (signal: string) => {
    if (isClosing) return;
    isClosing = true;
    logger.info({ event: "stopping", signal }, "The gateway stops");
    app
      .close()
      .then(() => database.stop())
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        logger.error({ err: error }, "The gateway did not stop cleanly");
        process.exit(1);
      });
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => close(signal));
  // A program that started this one over an IPC channel is gone, however it went.
  process.once("disconnect", () => close("disconnect"));
}

main().catch((error: unknown) => {
  if (error instanceof ConfigurationError)
    process.stderr.write(`${error.message}\n`);
  else
    process.stderr.write(
      `The gateway could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  process.exit(error instanceof ConfigurationError ? EX_CONFIG : 1);
});
