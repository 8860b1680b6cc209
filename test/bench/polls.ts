import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { seededRandom } from "@vworkspace/kernel";
import { AgentSession } from "../conformance/agent-session";
import {
  type GatewayTarget,
  startGatewayTarget,
} from "../conformance/gateway-target";
import { metricSum, percentile, residentBytes } from "./figures";
import { inParallel } from "./in-parallel";
import { NotifyPeer } from "./notify-peer";
import { WaitingCluster } from "./waiting-cluster";

const HELP = `Holds waiting polls on one gateway process and prints what they cost.

  node dist/test/bench/polls.js [options]

  --polls N      waiting polls, each of a cluster of its own     [5000]
  --jobs N       jobs, one at a time, each to a random cluster   [200]
  --quiet N      seconds in which nothing happens but waiting    [60]
  --width N      registrations at a time                         [8]
  --seed N       which clusters get the jobs                     [1]
  --help

It starts a gateway of its own (dist/apps/gateway) with an embedded PostgreSQL in a temporary directory, and stops it.
Each poll needs a socket here and one there: \`ulimit -n\` must allow that. Reading /metrics costs a query, too: one of
the queries that are counted is its own. The figures are of this machine and its load;
compare the ratios to the peer, which is measured on the same PostgreSQL in the same run.`;

const QUERIES = "vworkspace_database_queries_total";
const WAITING = "vworkspace_polls_waiting";

interface Options {
  readonly polls: number;
  readonly jobs: number;
  readonly quiet: number;
  readonly width: number;
  readonly seed: number;
}

const DEFAULTS: Options = {
  polls: 5000,
  jobs: 200,
  quiet: 60,
  width: 8,
  seed: 1,
};

class UsageError extends Error {}

/** @throws UsageError naming option, value and remedy */
function readOptions(): Options | "help" {
  const { help, ...given } = parseArguments();
  if (help === true) return "help";
  const numbers = Object.entries(DEFAULTS).map(([name, fallback]) => {
    const text = given[name] ?? String(fallback);
    if (typeof text !== "string" || !/^[1-9]\d{0,6}$/.test(text))
      throw new UsageError(
        `--${name} is "${String(text)}": give a whole number above 0.`,
      );
    return [name, Number(text)];
  });
  return { ...DEFAULTS, ...(Object.fromEntries(numbers) as object) };
}

function parseArguments(): Record<string, string | boolean | undefined> {
  const numbers = Object.fromEntries(
    Object.keys(DEFAULTS).map((name) => [name, { type: "string" as const }]),
  );
  try {
    const options = { ...numbers, help: { type: "boolean" as const } };
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. See --help.`);
  }
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === "help") {
    console.log(HELP);
    return;
  }
  const times = { leaseSeconds: 600, jobSeconds: 86_400, graceSeconds: 86_400 };
  say("starting a gateway");
  const target = await startGatewayTarget(times, {
    VWORKSPACE_SWEEP_SECONDS: "15",
    VWORKSPACE_LOG_LEVEL: "info",
  });
  try {
    await measure(target, options);
  } finally {
    await target.stop();
  }
}

async function measure(target: GatewayTarget, options: Options): Promise<void> {
  const clusters = await register(target, options);
  await inParallel(clusters, options.width, (cluster) => cluster.warmUp());
  await seconds(5);
  const before = await memory(target);
  const failures: unknown[] = [];
  for (const cluster of clusters)
    cluster.start((error) => failures.push(error));
  try {
    await allWaiting(target, options.polls);
    await seconds(5);
    printMemory(before, await memory(target), options.polls);
    await measureQuiet(target, clusters, options);
    await measureDelivery(target, clusters, options);
  } finally {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  }
  if (failures.length > 0)
    throw new Error(`${failures.length} polls failed.`, { cause: failures[0] });
}

async function register(
  target: GatewayTarget,
  { polls, width }: Options,
): Promise<WaitingCluster[]> {
  let done = 0;
  const places = Array.from({ length: polls }, (_, index) => index);
  return await inParallel(places, width, async () => {
    const { clusterId, token } = await AgentSession.register(target);
    done += 1;
    if (done % 500 === 0) say(`registered ${done} clusters`);
    return new WaitingCluster(clusterId, target.url, token);
  });
}

async function allWaiting(target: GatewayTarget, polls: number): Promise<void> {
  for (let tries = 0; tries < 240; tries += 1) {
    if ((await metric(target, WAITING)) >= polls) return;
    await seconds(0.5);
  }
  throw new Error(
    `${await metric(target, WAITING)} of ${polls} polls wait after two minutes.`,
  );
}

function printMemory(before: number, after: number, polls: number): void {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  print("waiting polls", String(polls));
  print("gateway's resident memory", `${mib(before)} -> ${mib(after)} MiB`);
  const each = (after - before) / polls / 1024;
  print("memory per waiting poll", `${each.toFixed(1)} KiB`);
}

async function measureQuiet(
  target: GatewayTarget,
  clusters: readonly WaitingCluster[],
  { quiet, polls }: Options,
): Promise<void> {
  const renewals = () =>
    clusters.reduce((sum, cluster) => sum + cluster.renewals, 0);
  say(`${quiet} quiet seconds`);
  const [queriesBefore, renewedBefore] = [
    await metric(target, QUERIES),
    renewals(),
  ];
  await seconds(quiet);
  const queries = (await metric(target, QUERIES)) - queriesBefore;
  print(`queries in ${quiet} quiet seconds`, String(queries));
  print("  per second", (queries / quiet).toFixed(3));
  print("  per second and poll", (queries / quiet / polls).toExponential(2));
  print("  polls renewed meanwhile", String(renewals() - renewedBefore));
}

async function measureDelivery(
  target: GatewayTarget,
  clusters: readonly WaitingCluster[],
  { jobs, seed }: Options,
): Promise<void> {
  say(`${jobs} jobs, one at a time`);
  const random = seededRandom(seed);
  const delivered: number[] = [];
  const answered: number[] = [];
  const noticed: number[] = [];
  const peer = await NotifyPeer.open(await target.process.databaseUrl());
  try {
    for (let count = 0; count < jobs; count += 1) {
      const cluster = clusters[Math.floor(random() * clusters.length)];
      if (cluster === undefined) break;
      const arrival = cluster.nextDelivery();
      const begun = performance.now();
      await target.deploy(cluster.clusterId, `bench-${count}`);
      answered.push(performance.now() - begun);
      delivered.push((await arrival).at - begun);
      noticed.push(await peer.roundTripMs());
    }
  } finally {
    await peer.close();
  }
  printTimes("call begun -> job delivered", delivered);
  printTimes("call begun -> call answered", answered);
  printTimes("peer: begin, insert, notify, commit -> noticed", noticed);
  printRatios("delivered / peer", delivered, noticed);
}

function printTimes(what: string, samples: readonly number[]): void {
  const [p50, p99] = [percentile(samples, 0.5), percentile(samples, 0.99)];
  print(
    what,
    `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms (${samples.length} samples)`,
  );
}

function printRatios(
  what: string,
  samples: readonly number[],
  peer: readonly number[],
): void {
  const ratio = (share: number) =>
    (percentile(samples, share) / percentile(peer, share)).toFixed(1);
  print(what, `p50 ${ratio(0.5)}, p99 ${ratio(0.99)}`);
}

async function memory(target: GatewayTarget): Promise<number> {
  return residentBytes(
    await readFile(`/proc/${target.process.pid}/status`, "utf8"),
  );
}

async function metric(target: GatewayTarget, name: string): Promise<number> {
  const response = await fetch(`${target.url}/metrics`);
  const value = metricSum(await response.text(), name);
  if (Number.isNaN(value))
    throw new Error(`/metrics (${response.status}) has no ${name}.`);
  return value;
}

function print(what: string, figure: string): void {
  console.log(`${what.padEnd(50)}${figure}`);
}

/** Progress goes to stderr, so that stdout holds the figures alone. */
function say(what: string): void {
  console.error(`... ${what}`);
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}

main().catch((error: unknown) => {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = error instanceof UsageError ? 64 : 1;
});
