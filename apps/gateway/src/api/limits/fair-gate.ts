/** Nobody waits for the answer any more. */
export class GoneError extends Error {}
/** So many of this line wait already. */
export class LineFullError extends Error {}

export interface LineLimits {
  readonly inFlight: number;
  readonly waiting: number;
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
  private readonly next = new Set<string>();
  private running = 0;

  constructor(private readonly places: number) {}

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
    this.running -= 1;
    line.running -= 1;
    this.settle(key, line);
    this.fill();
  }

  /** Puts a line where it belongs: at the end of those that may work next, or out. */
  private settle(key: string, line: Line): void {
    const mayWork = line.queue.size > 0 && line.running < line.inFlight;
    if (mayWork) this.next.add(key);
    else this.next.delete(key);
    if (line.queue.size === 0 && line.running === 0) this.lines.delete(key);
  }

  private fill(): void {
    while (this.running < this.places) {
      const [key] = this.next;
      const line = key === undefined ? undefined : this.lines.get(key);
      if (key === undefined || line === undefined) return;
      this.next.delete(key);
      const [first] = line.queue;
      if (first === undefined) return;
      line.queue.delete(first);
      this.running += 1;
      line.running += 1;
      this.settle(key, line);
      first.go();
    }
  }
}
