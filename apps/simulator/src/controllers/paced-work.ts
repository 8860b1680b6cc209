import type { Clock } from "@vworkspace/kernel";
import type { CourseBook } from "../script/course-book";
import { DelayedWork } from "./delayed-work";

export interface Pace {
  readonly min: number;
  readonly max: number;
}

/** What a stand-in controller is given besides its access to the cluster. */
export interface Surroundings {
  readonly clock: Clock;
  /** Milliseconds that each step takes, drawn from this range. */
  readonly pace: Pace;
  /** What is in store for each application. */
  readonly courses: CourseBook;
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
    private readonly surroundings: Surroundings,
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

  /** @param ms for work that takes a time of its own; else it is drawn */
  finish(key: string, ms = drawPace(this.surroundings)): void {
    this.finishing.schedule(key, ms);
  }

  stop(): void {
    this.looking.stop();
    this.finishing.stop();
  }
}

/** Milliseconds for one step. */
export function drawPace({ pace, random }: Surroundings): number {
  const spread = (pace.max - pace.min) * random();
  return Math.max(1, Math.round(pace.min + spread));
}
