import type { Clock } from "@vworkspace/kernel";
import { DelayedWork } from "../delayed-work";

export interface Pace {
  readonly min: number;
  readonly max: number;
}

/** What a stand-in controller is given besides its access to the cluster. */
export interface FluxSurroundings {
  readonly clock: Clock;
  /** Milliseconds that each step takes, drawn from this range. */
  readonly pace: Pace;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
}

/**
 * A controller's two queues: `look` runs at once when something changed and only shows what is about to happen; `finish` runs
 * after the time that fetching or installing takes, so that a person sees it travel.
 */
export class PacedWork {
  private readonly looking: DelayedWork;
  private readonly finishing: DelayedWork;

  constructor(
    private readonly surroundings: FluxSurroundings,
    work: {
      readonly look: (key: string) => void;
      readonly finish: (key: string) => void;
    },
  ) {
    const { clock, onError } = surroundings;
    this.looking = new DelayedWork(clock, work.look, onError);
    this.finishing = new DelayedWork(clock, work.finish, onError);
  }

  look(key: string): void {
    this.looking.schedule(key);
  }

  finish(key: string): void {
    const { pace, random } = this.surroundings;
    const spread = (pace.max - pace.min) * random();
    this.finishing.schedule(key, Math.max(1, Math.round(pace.min + spread)));
  }

  stop(): void {
    this.looking.stop();
    this.finishing.stop();
  }
}
