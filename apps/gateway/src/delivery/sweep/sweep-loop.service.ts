import { Injectable, Logger } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { PresenceService } from "../../fleet/clusters/presence.service";
import { SweepService } from "./sweep.service";

export class SweepOptions {
  constructor(
    readonly periodSeconds: number,
    readonly retentionDays: number,
  ) {}
}

const HOUSEKEEPING_MS = 3600_000;
/** For a sweep that takes long. */
const LISTENING_SLACK_S = 20;

/** Runs the sweep every period, and the housekeeping every hour, from the start of the program to its end. */
@Injectable()
export class SweepLoopService {
  private readonly logger = new Logger(SweepLoopService.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private housekeepingDue = 0;
  private readonly others: {
    readonly what: string;
    readonly sweep: (stopping: AbortSignal) => Promise<void>;
  }[] = [];

  constructor(
    private readonly sweeps: SweepService,
    private readonly presence: PresenceService,
    private readonly clock: Clock,
    private readonly options: SweepOptions,
  ) {}

  /** Sweeps of the storeys above, each on its own after ours. */
  also(what: string, sweep: (stopping: AbortSignal) => Promise<void>): void {
    this.others.push({ what, sweep });
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.notePresence();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      // Each on its own: housekeeping that fails must not keep expired jobs open.
      await this.attempt("Housekeeping", () => this.keepHouse());
      await this.notePresence();
      await this.attempt("A sweep", () => this.sweeps.sweep(signal));
      for (const { what, sweep } of this.others)
        await this.attempt(what, () => sweep(signal));
      // Jitter: replicas that started together don't sweep together.
      const pauseMs =
        this.options.periodSeconds * 1000 * (0.75 + Math.random() / 2);
      await this.clock.sleep(pauseMs, signal);
    }
  }

  private async notePresence(): Promise<void> {
    // Who was heard comes first: time in which nobody could write it down must not count as listened.
    await this.attempt("Presence", () => this.presence.flush());
    await this.attempt("Listening", () =>
      this.presence.listen(3 * this.options.periodSeconds + LISTENING_SLACK_S),
    );
  }

  /** What is left over, say after a standstill, is for the next round: the sweep comes in between. */
  private async keepHouse(): Promise<void> {
    if (this.clock.now() < this.housekeepingDue) return;
    if (await this.sweeps.keepHouse(this.options.retentionDays))
      this.housekeepingDue = this.clock.now() + HOUSEKEEPING_MS;
  }

  private async attempt(
    what: string,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn(
        { err: error },
        `${what} failed; the next one does its work`,
      );
    }
  }
}
