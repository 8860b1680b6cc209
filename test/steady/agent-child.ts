import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { repositoryRoot } from "../cluster/repository-root";

/** A hurried agent in a process of its own. */
export class AgentChild {
  private readonly child: ChildProcess;
  private output = "";

  constructor(speed: number, environment: Readonly<Record<string, string>>) {
    const main = join(repositoryRoot(), "dist/test/steady/hurried-agent.js");
    this.child = fork(main, [String(speed)], {
      env: { PATH: process.env["PATH"], ...environment },
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

  /** After a garbage collection, in whole MiB. */
  async memory(): Promise<{ resident: number; heap: number }> {
    this.child.send("memory");
    const [usage] = (await once(this.child, "message")) as [NodeJS.MemoryUsage];
    const toMiB = (bytes: number) => Math.round(bytes / 1024 ** 2);
    return { resident: toMiB(usage.rss), heap: toMiB(usage.heapUsed) };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, "exit");
    this.child.disconnect();
    await exited;
  }
}
