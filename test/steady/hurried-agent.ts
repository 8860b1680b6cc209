// An agent in a process of its own whose clock runs faster: `node --expose-gc hurried-agent.js SPEED`, started by fork().
// It takes its settings from the environment like the real one and answers every message with its memory in bytes.
import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { pino } from "pino";
import { Agent } from "../../apps/agent/src/agent";
import { AgentModule } from "../../apps/agent/src/agent.module";
import { readAgentConfig } from "../../apps/agent/src/config";
import { HurriedClock } from "./hurried-clock";

async function main(): Promise<void> {
  const config = readAgentConfig();
  const log = pino({ level: config.logLevel }, pino.destination(2));
  const clock = new HurriedClock(Number(process.argv[2]));
  const app = await NestFactory.createApplicationContext(
    AgentModule.register({ config, log, clock }),
    { logger: ["error"], abortOnError: false },
  );
  await app.get(Agent).start();
  process.on("message", () => {
    globalThis.gc?.();
    process.send?.(process.memoryUsage());
  });
  process.once("disconnect", () => void app.close().then(() => process.exit()));
}

void main();
