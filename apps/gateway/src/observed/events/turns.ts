import { DomainError } from "@vworkspace/kernel";

/** One is at work and the others wait; an agent sends one batch at a time, and again what it gave up on. */
const MOST_AT_ONCE = 16;

/**
 * Work of one key, one after the other, in this replica. Waiting here costs nothing; waiting for a lock of the database
 * keeps a connection, and one cluster that sends much at once would keep them all.
 */
export class Turns {
  private readonly lines = new Map<
    string,
    { count: number; last: Promise<unknown> }
  >();

  /** @throws DomainError too_many_requests */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.lines.get(key) ?? { count: 0, last: Promise.resolve() };
    if (line.count >= MOST_AT_ONCE)
      throw new DomainError(
        "too_many_requests",
        `${line.count} batches of this cluster are waiting: send one at a time.`,
        { retryAfterSeconds: 1 },
      );
    line.count += 1;
    const turn = line.last.then(work);
    line.last = turn.catch(() => undefined);
    this.lines.set(key, line);
    try {
      return await turn;
    } finally {
      line.count -= 1;
      if (line.count === 0) this.lines.delete(key);
    }
  }
}
