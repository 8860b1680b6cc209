import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import type { Environment } from "@vworkspace/kernel";
import type { KubeConnection } from "@vworkspace/kube";
import { Agent } from "./agent";
import { AgentModule } from "./agent.module";
import { readAgentConfig } from "./config";
import { Metrics } from "./health/metrics";
import type { Log } from "./log";

/** An agent inside another program: the whole of it, with a way to the cluster that the program gives it. */
export interface EmbeddedAgent {
  /** Sums of its metrics over all labels but the first, as `name value`: `vworkspace_agent_jobs_total succeeded`. */
  figures(): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}

/** @throws ConfigurationError as the agent's own program does */
export async function startEmbeddedAgent(parts: {
  /** In place of the process's own; see AGENT_ENVIRONMENT. */
  readonly environment: Environment;
  readonly log: Log;
  /** Closed with the agent. */
  readonly connection: KubeConnection;
}): Promise<EmbeddedAgent> {
  const { log, connection } = parts;
  const config = readAgentConfig(parts.environment);
  const app = await NestFactory.createApplicationContext(
    AgentModule.register({ config, log, connection }),
    { logger: false, abortOnError: false },
  );
  await app.get(Agent).start();
  const { registry } = app.get(Metrics);
  return {
    figures: async () => sumsOf(await registry.getMetricsAsJSON()),
    stop: () => app.close(),
  };
}

type Family = Awaited<
  ReturnType<Metrics["registry"]["getMetricsAsJSON"]>
>[number];

function sumsOf(families: readonly Family[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { name, values } of families)
    for (const { value, labels } of values) {
      const [first] = Object.values(labels);
      const key = first === undefined ? name : `${name} ${first}`;
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
  return sums;
}
