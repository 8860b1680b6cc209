import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { once } from "node:events";

/**
 * Runs "$@" and kills it when standard input closes: at stop(), and also when this process is gone without a word
 * (kill -9), because the kernel then closes the pipe. SIGKILL, since the data is thrown away.
 */
const UNTIL_STDIN_CLOSES = `
exec 3<&0
"$@" </dev/null & child=$!
(read -r _ <&3; kill -9 "$child") 2>/dev/null &
wait "$child"
`;

/** A program that lives at most as long as this process; what it writes goes to a file. */
export class ChildProgram {
  private readonly process: ChildProcess;
  private readonly exited: Promise<unknown>;
  private hasExited = false;

  constructor(
    readonly name: string,
    private readonly logPath: string,
    command: readonly string[],
  ) {
    const log = openSync(logPath, "a", 0o600);
    this.process = spawn("sh", ["-c", UNTIL_STDIN_CLOSES, name, ...command], {
      stdio: ["pipe", log, log],
    });
    closeSync(log);
    this.exited = once(this.process, "exit").then(() => {
      this.hasExited = true;
    });
  }

  /** @throws Error with the last lines it wrote, when it has ended by itself */
  assertRunning(): void {
    if (this.hasExited)
      throw new Error(`${this.name} ended early:\n${this.lastLines()}`);
  }

  lastLines(count = 15): string {
    const lines = readFileSync(this.logPath, "utf8").trimEnd().split("\n");
    return lines.slice(-count).join("\n");
  }

  async stop(): Promise<void> {
    this.process.stdin?.destroy();
    await this.exited;
  }
}
