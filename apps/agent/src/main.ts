import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import {
  ConfigurationError,
  DomainError,
  environmentHelp,
  VERSION,
} from "@vworkspace/kernel";
import { pino } from "pino";
import { Agent } from "./agent";
import { AgentModule } from "./agent.module";
import { AGENT_ENVIRONMENT, readAgentConfig } from "./config";
import { runLeave } from "./leave/leave-command";
import { reasonOf } from "./log";

const EX_CONFIG = 78;
const EX_SOFTWARE = 70;
/** A drain that takes longer is not going to end. */
const DRAIN_MS = 20_000;

const HELP = `vworkspace agent ${VERSION}: carries out a gateway's jobs in one Kubernetes cluster.

Usage: npm run agent
       npm run agent -- leave [--yes]    takes vworkspace out of the cluster and leaves what runs

Environment variables [default]:
${environmentHelp(AGENT_ENVIRONMENT)}
`;

async function main(): Promise<void> {
  if (process.argv.includes("--help") || process.argv.includes("-h")) {
    process.stdout.write(HELP);
    return;
  }
  const [command, ...rest] = process.argv.slice(2);
  if (command === "leave") {
    await runLeave(rest);
    return;
  }
  if (command !== undefined)
    throw new ConfigurationError(
      `The agent knows no "${command}": its settings are environment variables, which --help lists; its one command is leave.`,
    );
  const config = readAgentConfig();
  const log = pino({
    level: config.logLevel,
    base: { app: "agent" },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  const app = await NestFactory.createApplicationContext(
    AgentModule.register({ config, log }),
    // Whoever catches the error says it, in one sentence.
    { logger: false, abortOnError: false },
  );
  let isStopping = false;
  const stop = (signal: string) => {
    // Ctrl-C comes several times: from the terminal, from npm, and from the program that started this one.
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, "The agent stops.");
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    void app.close().then(() => process.exit(0));
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);
  // A program that started this one over an IPC channel is gone, however it went.
  process.once("disconnect", () => stop("disconnect"));
  process.on("unhandledRejection", (error) => {
    log.error({ reason: reasonOf(error) }, "Something failed unnoticed.");
  });
  await app.get(Agent).start();
}

main().catch((error: unknown) => {
  const isConfiguration =
    error instanceof ConfigurationError || error instanceof DomainError;
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exit(isConfiguration ? EX_CONFIG : EX_SOFTWARE);
});
