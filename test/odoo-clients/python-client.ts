import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

/** A program beside this one, in Python or for Node, that answers each line of JSON with one. */
export class PythonClient {
  private readonly waiting: ((line: string | undefined) => void)[] = [];
  private errors = "";
  private hasEnded = false;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    createInterface({ input: child.stdout }).on("line", (line) =>
      this.waiting.shift()?.(line),
    );
    child.stderr.on("data", (text: Buffer) => {
      this.errors = `${this.errors}${text.toString()}`.slice(-4000);
    });
    // Whoever has ended reads no more.
    child.stdin.on("error", () => undefined);
    child.once("exit", () => {
      this.hasEnded = true;
      for (const wake of this.waiting.splice(0)) wake(undefined);
    });
  }

  /**
   * @param program what runs the script
   * @param script path of a file, from the repository's root
   */
  static start(
    program: string,
    script: string,
    args: readonly string[],
  ): PythonClient {
    return new PythonClient(spawn(program, [resolve(script), ...args]));
  }

  async ask(command: object): Promise<Readonly<Record<string, unknown>>> {
    const line = await new Promise<string | undefined>((found) => {
      if (this.hasEnded) return found(undefined);
      this.waiting.push(found);
      this.child.stdin.write(`${JSON.stringify(command)}\n`);
    });
    if (line === undefined)
      throw new Error(`The program ended. It wrote:\n${this.errors}`);
    return JSON.parse(line) as Record<string, unknown>;
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once("exit", done));
    if (this.child.exitCode !== null) return;
    this.child.stdin.end();
    await ended;
  }
}
