import { type ChildProcess, spawn } from "node:child_process";

/** `npm start`, as the program behind it: built by `npm run build`. */
export class DemoProcess {
  output = "";
  private readonly exited: Promise<number | null>;
  private readonly changes = new Set<() => void>();
  private readonly child: ChildProcess;
  private hasExited = false;

  constructor(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.child = spawn(process.execPath, ["dist/tools/demo/main.js", ...args], {
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString("utf8");
        for (const change of this.changes) change();
      });
    }
    this.exited = new Promise((resolve) => {
      this.child.once("exit", (code) => {
        this.hasExited = true;
        for (const change of this.changes) change();
        resolve(code);
      });
    });
  }

  /** Waits until it has printed that. @throws Error with what it printed when it ends first */
  async prints(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.hasExited)
        throw new Error(`The demo ended before "${text}":\n${this.output}`);
      await new Promise<void>((resolve) => this.changes.add(resolve));
    }
  }

  /** Ctrl-C, which comes twice: from the terminal, and from the process above. @returns its exit code */
  async interrupt(): Promise<number | null> {
    this.child.kill("SIGINT");
    // Another one, since two of a kind that wait are one.
    this.child.kill("SIGTERM");
    return this.exited;
  }

  ended(): Promise<number | null> {
    return this.exited;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}
