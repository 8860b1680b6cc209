import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { environmentHelp, SystemClock } from "@vworkspace/kernel";
import { Command, InvalidArgumentError } from "commander";
import { FLEET_ENVIRONMENT, readFleetCredentials } from "../config";
import { Fleet, type FleetFigures } from "./fleet";
import { FleetGateway } from "./fleet-gateway";

interface FleetOptions {
  readonly gateway: string;
  readonly agents: number;
  readonly applications: number;
  readonly perSecond: number;
  readonly changesPerSecond: number;
  readonly duration: number;
  readonly every: number;
}

const EPILOGUE = `
The key is that of an admin of the organization in which the clusters are made:
${environmentHelp(FLEET_ENVIRONMENT)}
Ends with 0 when it was stopped, or when after --duration all agents are connected and all applications Ready; with 1 when
they are not, or the gateway refuses; with 78 when a setting is wrong.`;

/** `npm run simulator -- fleet …`; resolves with the exit code. @throws ConfigurationError, RpcFault, DomainError */
export async function fleetCommand(argv: readonly string[]): Promise<number> {
  let code = 0;
  const command = new Command("npm run simulator -- fleet")
    .description("Many real agents at one gateway, in one process, for load.")
    .requiredOption("--gateway <url>", "the gateway's URL")
    .option("--agents <n>", "how many agents", whole(1, 20_000), 20)
    .option("--applications <n>", "of each cluster", whole(0, 1_000), 1)
    .option("--per-second <n>", "agents that come", whole(1, 1_000), 20)
    .option("--changes-per-second <n>", "jobs made", whole(0, 1_000), 0)
    .option("--duration <seconds>", "0: until stopped", whole(0, 604_800), 0)
    .option("--every <seconds>", "between reports", whole(1, 3_600), 5)
    .addHelpText("after", EPILOGUE)
    .action(async (options: FleetOptions) => {
      code = await runFleet(options);
    });
  await command.parseAsync(argv, { from: "user" });
  return code;
}

async function runFleet(options: FleetOptions): Promise<number> {
  const url = options.gateway.replace(/\/+$/, "");
  const gateway = new FleetGateway(
    { url, ...readFleetCredentials() },
    randomBytes(3).toString("hex"),
  );
  const fleet = new Fleet(gateway, { url, ...options }, new SystemClock());
  try {
    await fleet.start();
    const isStopped = await reportUntilEnd(fleet, options);
    const last = await fleet.figures();
    await fleet.stop();
    for (const sentence of fleet.log.worst(5)) say(`  ${sentence}`);
    return isStopped || isComplete(last, options) ? 0 : 1;
  } finally {
    await gateway.close();
  }
}

/** @returns whether somebody stopped it */
async function reportUntilEnd(
  fleet: Fleet,
  { duration, every, agents }: FleetOptions,
): Promise<boolean> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const signals = ["SIGTERM", "SIGINT", "disconnect"] as const;
  // For as long as the process lasts: Ctrl-C may come twice, from the terminal and from the program that started this one.
  for (const signal of signals) process.on(signal, stop);
  const started = performance.now();
  const passed = () => (performance.now() - started) / 1_000;
  while (!stopping.signal.aborted && (duration === 0 || passed() < duration)) {
    await pause(every, stopping.signal);
    say(describe(await fleet.figures(), { seconds: passed(), agents }));
  }
  return stopping.signal.aborted;
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1_000, undefined, { signal }).catch(() => undefined);
}

function isComplete(figures: FleetFigures, options: FleetOptions): boolean {
  const { agents, applications } = options;
  const { connected, ready } = figures;
  return connected === agents && ready === agents * applications;
}

function describe(
  figures: FleetFigures,
  { seconds, agents }: { readonly seconds: number; readonly agents: number },
): string {
  const { connected, polls, jobsSucceeded, jobsFailed } = figures;
  return [
    `${seconds.toFixed(0)} s: ${connected}/${agents} connected`,
    `${polls} polls`,
    `${jobsSucceeded} jobs succeeded, ${jobsFailed} not`,
    `${figures.ready}/${figures.applications} applications Ready`,
    `${figures.events} events, ${figures.eventsQueued} waiting`,
    `${figures.problems} problems`,
    `${Math.round(figures.resident / 2 ** 20)} MiB`,
  ].join(" · ");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= min && number <= max)
      return number;
    throw new InvalidArgumentError(`Give a whole number, ${min} to ${max}.`);
  };
}
