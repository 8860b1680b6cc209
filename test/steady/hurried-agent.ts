// An agent in a process of its own whose clock runs faster: `node --expose-gc hurried-agent.js SPEED`, started by fork().
// It takes its settings from the environment like the real one and answers every message with what it uses.
import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { pino } from "pino";
import { Agent } from "../../apps/agent/src/agent";
import { AgentModule } from "../../apps/agent/src/agent.module";
import { readAgentConfig } from "../../apps/agent/src/config";
import type { ToldUsage } from "./agent-child";
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
    const residentBytes = process.memoryUsage.rss();
    const processor = process.cpuUsage();
    globalThis.gc?.();
    const collected = process.memoryUsage();
    process.send?.({ residentBytes, collected, processor } satisfies ToldUsage);
  });
  process.once("disconnect", () => void app.close().then(() => process.exit()));
}

void main();
