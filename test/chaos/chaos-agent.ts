import { setTimeout as sleep } from "node:timers/promises";
import { Program } from "../../tools/demo/program";

export interface ChaosAgentOptions {
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** An agent that is killed and comes back. */
export class ChaosAgent {
  private current: Program;

  constructor(private readonly options: ChaosAgentOptions) {
    this.current = this.start();
  }

  /** Resolves once the gateway has taken its credential. */
  async connected(): Promise<void> {
    await this.current.event("connected");
  }

  /** kill -9; then it starts again. */
  async crash(downMs: number): Promise<void> {
    await this.current.kill();
    await sleep(downMs);
    this.current = this.start();
  }

  stop(): Promise<void> {
    return this.current.stop();
  }

  private start(): Program {
    return new Program({
      name: "agent",
      main: "apps/agent/src/main.js",
      ...this.options,
    });
  }
}
