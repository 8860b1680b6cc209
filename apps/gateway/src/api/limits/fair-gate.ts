/** Nobody waits for the answer any more. */
export class GoneError extends Error {}
/** So many of this line wait already. */
export class LineFullError extends Error {}

export interface LineLimits {
  readonly inFlight: number;
  readonly waiting: number;
  /** Of somebody who has proven nothing yet: all such lines together have half of the places. */
  readonly isStranger?: boolean;
}

interface Waiting {
  readonly go: () => void;
}

interface Line extends LineLimits {
  running: number;
  readonly queue: Set<Waiting>;
}

/**
 * Lets a number of requests work at once, and gives the next place to the lines by turns, so that a line that is long delays
 * itself and no other. Who has to wait costs an entry here, and no connection of the database.
 */
export class FairGate {
  private readonly lines = new Map<string, Line>();
  /** Lines of which one waits and may work, in the order of their turns. */
  private readonly known = new Set<string>();
  private readonly strangers = new Set<string>();
  private readonly strangerPlaces: number;
  private running = 0;
  private strangersRunning = 0;
  private isStrangersTurn = false;

  constructor(private readonly places: number) {
    this.strangerPlaces = Math.ceil(places / 2);
  }

  /** How many wait, and how many work. */
  get counts(): { readonly waiting: number; readonly working: number } {
    let waiting = 0;
    for (const line of this.lines.values()) waiting += line.queue.size;
    return { waiting, working: this.running };
  }

  /**
   * Waits for a turn.
   * @param signal aborted when the client goes: who waits leaves the line
   * @returns gives the place back; to call it again does nothing
   * @throws LineFullError, GoneError
   */
  async enter(
    key: string,
    limits: LineLimits,
    signal: AbortSignal,
  ): Promise<() => void> {
    if (signal.aborted) throw new GoneError();
    const line = this.lineOf(key, limits);
    const most = line.inFlight + line.waiting;
    if (line.running + line.queue.size >= most) throw new LineFullError();
    await this.wait(key, line, signal);
    let isOver = false;
    return () => {
      if (!isOver) this.leave(key, line);
      isOver = true;
    };
  }

  private lineOf(key: string, limits: LineLimits): Line {
    const line = this.lines.get(key) ?? {
      ...limits,
      running: 0,
      queue: new Set(),
    };
    this.lines.set(key, line);
    return line;
  }

  private wait(key: string, line: Line, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        go: () => {
          signal.removeEventListener("abort", giveUp);
          resolve();
        },
      };
      const giveUp = () => {
        line.queue.delete(waiting);
        this.settle(key, line);
        reject(new GoneError());
      };
      signal.addEventListener("abort", giveUp, { once: true });
      line.queue.add(waiting);
      this.settle(key, line);
      this.fill();
    });
  }

  private leave(key: string, line: Line): void {
    this.work(line, -1);
    this.settle(key, line);
    this.fill();
  }

  private work(line: Line, by: 1 | -1): void {
    this.running += by;
    line.running += by;
    if (line.isStranger) this.strangersRunning += by;
  }

  /** Puts a line where it belongs: at the end of those that may work next, or out. */
  private settle(key: string, line: Line): void {
    const mayWork = line.queue.size > 0 && line.running < line.inFlight;
    const next = line.isStranger ? this.strangers : this.known;
    if (mayWork) next.add(key);
    else next.delete(key);
    if (line.queue.size === 0 && line.running === 0) this.lines.delete(key);
  }

  private fill(): void {
    while (this.running < this.places) {
      const next = this.choose();
      const [key] = next;
      const line = key === undefined ? undefined : this.lines.get(key);
      const [first] = line?.queue ?? [];
      if (key === undefined || !line || !first) return;
      next.delete(key);
      line.queue.delete(first);
      this.work(line, 1);
      this.settle(key, line);
      first.go();
    }
  }

  /** The two kinds of lines take turns as well, as far as strangers have a place left. */
  private choose(): Set<string> {
    const { known, strangers } = this;
    const mayBeStranger =
      strangers.size > 0 && this.strangersRunning < this.strangerPlaces;
    const isStranger =
      mayBeStranger && (known.size === 0 || this.isStrangersTurn);
    this.isStrangersTurn = !isStranger;
    return isStranger ? strangers : known;
  }
}
