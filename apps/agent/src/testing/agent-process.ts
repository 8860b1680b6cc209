import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { repositoryRoot } from "../../../../test/cluster/repository-root";

const MAIN = join(repositoryRoot(), "dist/apps/agent/src/main.js");
const KEPT_LINES = 20_000;
const LAST_LINES = 200;

/** The agent's own program, in a process that a test may kill. It ends with the process that started it. */
export class AgentProcess {
  private readonly child: ChildProcess;
  private readonly events = new Set<string>();
  private readonly lines: string[] = [];
  /** Its exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;

  /** @throws Error where it isn't built */
  constructor(environment: Readonly<Record<string, string>>) {
    if (!existsSync(MAIN))
      throw new Error(`${MAIN} is missing: run \`npx nest build gateway\`.`);
    this.child = spawn(process.execPath, ["--enable-source-maps", MAIN], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.exited = once(this.child, "exit").then(
      ([code]) => code as number | null,
    );
    for (const stream of [this.child.stdout, this.child.stderr])
      if (stream)
        createInterface({ input: stream }).on("line", (line) =>
          this.keep(line),
        );
  }

  /** Whether it has logged an event of that name. */
  hasLogged(event: string): boolean {
    return this.events.has(event);
  }

  /** What it logged last, for a person. */
  get lastWords(): string {
    return this.lines.slice(-LAST_LINES).join("\n");
  }

  /** Everything that it wrote. */
  get wholeOutput(): string {
    return this.lines.join("\n");
  }

  send(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    this.send("SIGKILL");
    await this.exited;
  }

  private keep(line: string): void {
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
    const event = /"event":"([a-z-]+)"/.exec(line)?.[1];
    if (event !== undefined) this.events.add(event);
  }
}
