import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { repositoryRoot } from "../cluster/repository-root";

/** In bytes and microseconds, as Node tells them. */
export interface ToldUsage {
  readonly residentBytes: number;
  /** After a garbage collection. */
  readonly collected: NodeJS.MemoryUsage;
  readonly processor: NodeJS.CpuUsage;
}

export interface AgentUsage {
  readonly residentMiB: number;
  /** After a garbage collection. */
  readonly collectedMiB: number;
  readonly heapMiB: number;
  /** Since its start. */
  readonly processorSeconds: number;
}

/** A hurried agent in a process of its own, with the options of Node that are to be tried. */
export class AgentChild {
  private readonly child: ChildProcess;
  private output = "";

  constructor(speed: number, environment: Readonly<Record<string, string>>) {
    const main = join(repositoryRoot(), "dist/test/steady/hurried-agent.js");
    this.child = fork(main, [String(speed)], {
      env: {
        PATH: process.env["PATH"],
        NODE_OPTIONS: process.env["VWORKSPACE_TEST_AGENT_NODE_OPTIONS"],
        ...environment,
      },
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.child.stderr?.on("data", (chunk: Buffer) => {
      this.output = (this.output + chunk.toString()).slice(-20_000);
    });
  }

  /** What it logged last, for a person. */
  get lastWords(): string {
    return this.output;
  }

  async usage(): Promise<AgentUsage> {
    this.child.send("usage");
    const [told] = (await once(this.child, "message")) as [ToldUsage];
    const { residentBytes, collected, processor } = told;
    const toMiB = (bytes: number) => Math.round(bytes / 1024 ** 2);
    return {
      residentMiB: toMiB(residentBytes),
      collectedMiB: toMiB(collected.rss),
      heapMiB: toMiB(collected.heapUsed),
      processorSeconds: (processor.user + processor.system) / 1e6,
    };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, "exit");
    this.child.disconnect();
    await exited;
  }
}
