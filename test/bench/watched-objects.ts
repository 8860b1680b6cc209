import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SystemClock } from "@vworkspace/kernel";
import { openKubeApi, Reflector } from "@vworkspace/kube";
import { Log } from "../../apps/agent/src/log";
import { ReflectorWatches } from "../../apps/agent/src/watches/reflector-watches";
import { WATCHED_KINDS } from "../../apps/agent/src/watches/watched-kinds";
import { residentBytes } from "./figures";
import { SyntheticCluster } from "./synthetic-cluster";

const HELP = `Lets the agent's watches hold objects, and prints what one costs in memory.

  node dist/test/bench/watched-objects.js [options]

  --objects N    of all watched kinds together   [20000]
  --help

The peer holds the same objects whole, managed fields left out, as a Reflector does that is told nothing else. Each is measured in a process
of its own, after a garbage collection, against the same process with no objects. The list of 100 namespaces is synthetic: the
sizes are those of usual objects, not of yours.`;

interface Figures {
  readonly objects: number;
  readonly listedBytes: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

class Silence extends Log {
  override debug(): void {
    // Nobody listens.
  }
  override info = (): void => this.debug();
  override warn = (): void => this.debug();
  override error = (): void => this.debug();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      objects: { type: "string", default: "20000" },
      holder: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return void process.stdout.write(`${HELP}\n`);
  const objects = Number(values.objects);
  if (!Number.isInteger(objects) || objects < 100)
    throw new Error(
      `--objects is "${values.objects}": give a whole number of at least 100.`,
    );
  if (values.holder !== undefined) return measure(values.holder, objects);
  const agent = await inOwnProcess("agent", objects);
  const peer = await inOwnProcess("peer", objects);
  print("the agent's watches", agent);
  print("the same, held whole", peer);
  const ratio = agent.heapBytes / peer.heapBytes;
  process.stdout.write(`ratio of the heaps: ${ratio.toFixed(2)}\n`);
}

function inOwnProcess(holder: string, objects: number): Promise<Figures> {
  const child = fork(
    __filename,
    ["--holder", holder, "--objects", String(objects)],
    { execArgv: ["--expose-gc"] },
  );
  return new Promise((resolve, reject) => {
    child.once("message", (figures) => resolve(figures as Figures));
    child.once("exit", (code) =>
      reject(new Error(`The process of the ${holder} ended with ${code}.`)),
    );
  });
}

async function measure(holder: string, objects: number): Promise<void> {
  const before = memory();
  const cluster = new SyntheticCluster(objects);
  const stop = new AbortController();
  const held = await (holder === "agent" ? watch : holdWhole)(
    cluster,
    stop.signal,
  );
  const after = memory();
  const figures: Figures = {
    objects: cluster.objects,
    listedBytes: cluster.sentBytes,
    heapBytes: after.heap - before.heap,
    residentBytes: after.resident - before.resident,
  };
  process.send?.(figures, () => process.exit(held === undefined ? 1 : 0));
}

async function watch(cluster: SyntheticCluster, signal: AbortSignal) {
  const watches = new ReflectorWatches(openKubeApi(cluster), {
    clock: new SystemClock(),
    log: new Silence(),
  });
  void watches.run(signal);
  await watches.waitForSync();
  return watches;
}

async function holdWhole(cluster: SyntheticCluster, signal: AbortSignal) {
  const source = openKubeApi(cluster);
  const reflectors = WATCHED_KINDS.map(
    ({ apiVersion, kind }) =>
      new Reflector(
        source,
        { apiVersion, kind },
        { onChange: () => undefined },
      ),
  );
  for (const reflector of reflectors) void reflector.start(signal);
  await Promise.all(reflectors.map((reflector) => reflector.waitForSync()));
  return reflectors;
}

function memory() {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  return {
    heap: process.memoryUsage().heapUsed,
    resident: residentBytes(readFileSync("/proc/self/status", "utf8")),
  };
}

function print(title: string, figures: Figures): void {
  const { objects, listedBytes, heapBytes, residentBytes: resident } = figures;
  const each = (bytes: number) => (bytes / objects / 1_000).toFixed(2);
  const mega = (bytes: number) => (bytes / 1e6).toFixed(0);
  process.stdout.write(
    `${title}: ${objects} objects, ${each(listedBytes)} kB each as listed, ` +
      `${each(heapBytes)} kB each on the heap (${mega(heapBytes)} MB), ` +
      `${each(resident)} kB each resident (${mega(resident)} MB)\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(2);
});
