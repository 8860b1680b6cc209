import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const KEPT_LINES = 12;
const STOP_MS = 15_000;

/** A failure whose message is all that a person needs. */
export class DemoFailure extends Error {}

interface ProgramOptions {
  readonly name: string;
  /** Path below dist/. */
  readonly main: string;
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * One of the demo's programs, as a process of its own with its log in a file. It gets an IPC channel: when this process
 * dies, however it dies, the channel closes and the program stops by itself.
 */
export class Program {
  private readonly lastLines: string[] = [];
  private readonly facts: Record<string, unknown>[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  hasExited = false;

  constructor(private readonly options: ProgramOptions) {
    // Own process group: Ctrl-C comes to this process, which stops the programs in the right order.
    this.child = spawn(
      process.execPath,
      ["--enable-source-maps", join("dist", options.main)],
      {
        env: {
          PATH: process.env["PATH"],
          HOME: process.env["HOME"],
          ...options.environment,
        },
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        detached: true,
      },
    );
    this.exited = new Promise((resolve) => {
      this.child.once("exit", (code) => {
        this.hasExited = true;
        this.notify();
        resolve(code);
      });
    });
    this.record();
  }

  /** Waits for a JSON log line with that event. @throws DemoFailure with the program's own words when it ends first */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.facts.find((fact) => fact["event"] === name);
      if (found) return found;
      if (this.hasExited) throw new DemoFailure(this.lastWords());
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** Resolves when it ends by itself. */
  get ended(): Promise<number | null> {
    return this.exited;
  }

  /** Its last sentence, for a person. */
  lastWords(): string {
    const sentence = this.lastLines
      .filter((line) => !line.startsWith("{"))
      .at(-1);
    return (
      sentence ??
      `The ${this.options.name} ended; ${this.options.logFile} says why.`
    );
  }

  async stop(): Promise<void> {
    if (this.hasExited) return;
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** SIGKILL: it ends in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  private record(): void {
    const log = createWriteStream(this.options.logFile, {
      flags: "a",
      mode: 0o600,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        log.write(`${line}\n`);
        this.lastLines.push(line);
        if (this.lastLines.length > KEPT_LINES) this.lastLines.shift();
        if (line.startsWith("{") && line.includes('"event"')) this.keep(line);
      });
    }
  }

  private keep(line: string): void {
    try {
      this.facts.push(JSON.parse(line) as Record<string, unknown>);
      this.notify();
    } catch {
      // A line that only looks like JSON tells nothing.
    }
  }

  private notify(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
