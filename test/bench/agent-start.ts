import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import type { Kind } from "@vworkspace/kube";
import { AgentBench } from "../../apps/agent/src/testing/agent-bench";
import { WATCHED_KINDS } from "../../apps/agent/src/watches/watched-kinds";
import { repositoryRoot } from "../cluster/repository-root";
import { percentile, residentBytes } from "./figures";

const HELP = `Starts the agent's one file and a Go controller over the same kinds, in turn, and prints what that costs.

  npm run bench -- agent-start [options]

  --runs N       starts of each                                  [5]
  --quiet N      seconds from watching until memory is read      [5]
  --help

Both watch one real API server in the same run (VWORKSPACE_TEST_CLUSTER=simulator: the simulated one), as the agent's service
account. The Go controller (test/bench/go-controller: controller-runtime, informers and nothing more) is built with Go 1.26 or
newer; without Go only the agent is measured. The figures are of this machine and its load; compare the ratios.`;

const run = promisify(execFile);
const WATCHING_WITHIN_MS = 60_000;

interface Program {
  readonly title: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** In the line that it prints once it watches. */
  readonly watching: string;
}

interface Figures {
  readonly startMs: number;
  readonly residentBytes: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "5" },
      quiet: { type: "string", default: "5" },
      help: { type: "boolean", default: false },
    },
  });
  const [runs, quiet] = [Number(values.runs), Number(values.quiet)];
  if (values.help || !(runs > 0) || !(quiet > 0)) {
    console.log(HELP);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  process.env["VWORKSPACE_TEST_CLUSTER"] ??= "kube-apiserver";
  const directory = await mkdtemp(join(tmpdir(), "vworkspace-bench-"));
  const bench = await AgentBench.open();
  try {
    await bench.installFlux();
    const programs = await programsOf(bench, directory);
    const figures = new Map<string, Figures[]>();
    for (let round = 0; round < runs; round += 1)
      for (const program of programs) {
        const measured = await measure(program, quiet * 1_000);
        const before = figures.get(program.title) ?? [];
        figures.set(program.title, [...before, measured]);
      }
    print(bench.cluster.target, figures);
  } finally {
    await bench.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function programsOf(
  bench: AgentBench,
  directory: string,
): Promise<readonly Program[]> {
  const root = repositoryRoot();
  await run(
    process.execPath,
    [join(root, "tools", "bundle-agent.mjs"), "--built"],
    { cwd: root },
  );
  const file = join(directory, "agent.cjs");
  await copyFile(join(root, "dist", "agent.cjs"), file);
  const KUBECONFIG = bench.cluster.agentKubeconfigPath ?? "";
  const agent: Program = {
    title: "agent",
    command: [process.execPath, file],
    environment: {
      KUBECONFIG,
      CONTROL_PLANE_ENDPOINT: bench.gateway.url,
      VWORKSPACE_REGISTRATION_TOKEN:
        bench.gateway.newCluster().registrationToken,
    },
    watching: "The cluster is known",
  };
  const controller = await buildController(root, directory);
  if (controller === undefined) return [agent];
  const kinds = await watchedKinds(bench);
  const go: Program = {
    title: "Go controller",
    command: [controller, `-kinds=${kinds.map(goName).join(",")}`],
    environment: { KUBECONFIG },
    watching: "watching",
  };
  return [agent, go];
}

/** @returns undefined where there is no Go, having said so */
async function buildController(
  root: string,
  directory: string,
): Promise<string | undefined> {
  const binary = join(directory, "go-controller");
  try {
    await run(
      "go",
      ["build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "."],
      {
        cwd: join(root, "test", "bench", "go-controller"),
        env: { ...process.env, GOWORK: "off", CGO_ENABLED: "0" },
      },
    );
    return binary;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    console.log("There is no Go here: only the agent is measured.");
    return undefined;
  }
}

/** What is served, and watched over the whole cluster. */
async function watchedKinds({ api }: AgentBench): Promise<readonly Kind[]> {
  const whole = WATCHED_KINDS.filter((kind) => !kind.perOptedInNamespace);
  const served = await Promise.all(whole.map((kind) => api.serves(kind)));
  return whole.filter((_kind, index) => served[index]);
}

function goName({ apiVersion, kind }: Kind): string {
  return apiVersion.includes("/")
    ? `${apiVersion}/${kind}`
    : `/${apiVersion}/${kind}`;
}

/** One start, from nothing to watching, and the memory after a while of nothing to do. */
async function measure(program: Program, quietMs: number): Promise<Figures> {
  const [command = "", ...rest] = program.command;
  const startedAt = performance.now();
  const child = spawn(command, rest, {
    env: { PATH: process.env["PATH"], ...program.environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await lineWith(program, createInterface({ input: child.stdout }));
    const startMs = performance.now() - startedAt;
    await sleep(quietMs);
    const status = await readFile(`/proc/${child.pid}/status`, "utf8");
    return { startMs, residentBytes: residentBytes(status) };
  } finally {
    const ended = once(child, "exit");
    child.kill();
    await ended;
  }
}

async function lineWith(
  { title, watching }: Program,
  lines: AsyncIterable<string> & { close(): void; on: unknown },
): Promise<void> {
  const timer = setTimeout(() => lines.close(), WATCHING_WITHIN_MS);
  try {
    for await (const line of lines) if (line.includes(watching)) return;
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`${title} did not watch within ${WATCHING_WITHIN_MS} ms.`);
}

function print(
  target: string,
  figures: ReadonlyMap<string, readonly Figures[]>,
): void {
  const rows = [...figures].map(([title, all]) => ({
    title,
    startMs: median(all.map(({ startMs }) => startMs)),
    mebibytes: median(all.map((one) => one.residentBytes)) / 2 ** 20,
  }));
  console.log(`On ${target}, medians:`);
  for (const { title, startMs, mebibytes } of rows)
    console.log(
      `  ${title.padEnd(14)} ${startMs.toFixed(0).padStart(6)} ms to watching   ${mebibytes.toFixed(1).padStart(6)} MiB resident`,
    );
  const [agent, go] = rows;
  if (agent && go)
    console.log(
      `  agent : Go     ${(agent.startMs / go.startMs).toFixed(2)} of its time, ${(agent.mebibytes / go.mebibytes).toFixed(2)} of its memory`,
    );
}

const median = (samples: readonly number[]): number => percentile(samples, 0.5);

void main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
