import { ManualClock } from "@vworkspace/kernel";
import fc from "fast-check";
import { KeyedQueue } from "./keyed-queue";
import {
  again,
  recheckAfter,
  type ReconcileOutcome,
  settled,
  TerminalError,
  TransientError,
} from "./reconcile-outcome";
import { Runner, type RunnerOptions } from "./runner";

const SECOND = 1_000;

function setUp(
  reconcile: RunnerOptions["reconcile"],
  options: Partial<RunnerOptions> = {},
) {
  const clock = new ManualClock();
  const queue = new KeyedQueue({ clock, random: () => 0.5 });
  const retries: string[] = [];
  const stalled: string[] = [];
  const runner = new Runner({
    queue,
    reconcile,
    random: () => 0.5,
    onRetry: (key, error, ms) => retries.push(`${key} ${String(error)} ${ms}`),
    onStalled: (key, error) => stalled.push(`${key} ${error.message}`),
    ...options,
  });
  const stop = new AbortController();
  const ended = runner.start(stop.signal);
  const end = () => {
    stop.abort();
    return ended;
  };
  return { clock, queue, retries, stalled, end };
}

/** Answers one outcome, or throws one error, after the other; then settles. */
function script(...outcomes: (ReconcileOutcome | Error)[]) {
  const runs: string[] = [];
  const reconcile = (key: string): Promise<ReconcileOutcome> => {
    runs.push(key);
    const outcome = outcomes.shift() ?? settled;
    return outcome instanceof Error
      ? Promise.reject(outcome)
      : Promise.resolve(outcome);
  };
  return { runs, reconcile };
}

describe("Runner", () => {
  it("runs a settled key no more until it is added", async () => {
    const { runs, reconcile } = script();
    const { clock, queue, end } = setUp(reconcile);
    queue.add("a");
    await clock.advance(3_600 * SECOND);
    expect(runs).toEqual(["a"]);
    queue.add("a");
    await clock.advance(0);
    expect(runs).toEqual(["a", "a"]);
    await end();
  });

  it("runs again at once after an action, behind the others", async () => {
    const { runs, reconcile } = script(again, again);
    const { clock, queue, end } = setUp(reconcile, { workers: 1 });
    queue.add("a");
    queue.add("b");
    await clock.advance(0);
    expect(runs).toEqual(["a", "b", "a", "b"]);
    await end();
  });

  it("spaces out a key that acts without end", async () => {
    let runs = 0;
    const { clock, queue, end } = setUp(() => {
      runs += 1;
      return Promise.resolve(again);
    });
    queue.add("a");
    await clock.advance(0);
    expect(runs).toBe(51);
    await clock.advance(SECOND);
    expect(runs).toBe(52);
    await end();
  });

  it("rechecks after the time asked for and up to a tenth more", async () => {
    const { runs, reconcile } = script(recheckAfter(60 * SECOND));
    const { clock, queue, end } = setUp(reconcile);
    queue.add("a");
    await clock.advance(0);
    await clock.advance(62.9 * SECOND);
    expect(runs).toHaveLength(1);
    await clock.advance(0.1 * SECOND);
    expect(runs).toHaveLength(2);
    await end();
  });

  it("retries transient and unknown errors later and later, and forgets them after a success", async () => {
    const failure = new TransientError("not now");
    const { runs, reconcile } = script(
      failure,
      new Error("?"),
      settled,
      failure,
    );
    const { clock, queue, retries, end } = setUp(reconcile);
    queue.add("a");
    await clock.advance(0);
    await clock.advance(250);
    await clock.advance(500);
    expect(runs).toHaveLength(3);
    queue.add("a");
    await clock.advance(0);
    expect(retries).toEqual([
      "a TransientError: not now 250",
      "a Error: ? 500",
      "a TransientError: not now 250",
    ]);
    await end();
  });

  it("stalls a key on a terminal error, says so, and runs it on its next change", async () => {
    const { runs, reconcile } = script(new TerminalError("chart is no chart"));
    const { clock, queue, stalled, retries, end } = setUp(reconcile);
    queue.add("a");
    await clock.advance(3_600 * SECOND);
    expect(stalled).toEqual(["a chart is no chart"]);
    expect(retries).toEqual([]);
    expect(runs).toHaveLength(1);
    queue.add("a");
    await clock.advance(0);
    expect(runs).toHaveLength(2);
    await end();
  });

  it("survives a reconcile that throws before it returns a promise, and callbacks that throw", async () => {
    const { clock, queue, end } = setUp(
      (key) => {
        if (key === "bad") throw new Error("at once");
        good.push(key);
        return Promise.resolve(settled);
      },
      {
        workers: 1,
        onRetry: () => {
          throw new Error("nobody listens");
        },
      },
    );
    const good: string[] = [];
    queue.add("bad");
    queue.add("good");
    await clock.advance(0);
    expect(good).toEqual(["good"]);
    await end();
  });

  it("lets what is under way end and takes nothing more when stopped", async () => {
    const started: string[] = [];
    const finish: (() => void)[] = [];
    const { clock, queue, end } = setUp(
      (key) =>
        new Promise((resolve) => {
          started.push(key);
          finish.push(() => resolve(again));
        }),
      { workers: 2 },
    );
    for (const key of ["a", "b", "c"]) queue.add(key);
    await clock.advance(0);
    let hasEnded = false;
    const ended = end().then(() => (hasEnded = true));
    await clock.advance(0);
    expect(hasEnded).toBe(false);
    for (const each of finish) each();
    await ended;
    expect(started).toEqual(["a", "b"]);
  });

  it("runs one key once at a time, and every add is followed by a run that starts later", async () => {
    const outcome = fc.constantFrom("settled", "again", "recheck", "fail");
    const step = fc.record({
      key: fc.constantFrom("a", "b", "c"),
      delayMs: fc.integer({ min: 0, max: 100 }),
      advanceMs: fc.integer({ min: 0, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.array(fc.tuple(outcome, fc.integer({ min: 0, max: 60 })), {
          maxLength: 25,
        }),
        async (steps, outcomes) => {
          const running = new Set<string>();
          const owed = new Set<string>();
          const overlaps: string[] = [];
          const held: { clock?: ManualClock } = {};
          const { clock, queue, end } = setUp(async (key) => {
            if (running.has(key)) overlaps.push(key);
            running.add(key);
            owed.delete(key);
            const [name, workMs] = outcomes.shift() ?? ["settled", 0];
            if (workMs > 0) await held.clock?.sleep(workMs);
            running.delete(key);
            if (name === "fail") throw new TransientError("now and then");
            if (name === "recheck") return recheckAfter(30);
            return name === "again" ? again : settled;
          });
          held.clock = clock;
          for (const { key, delayMs, advanceMs } of steps) {
            owed.add(key);
            queue.addAfter(key, delayMs);
            await clock.advance(advanceMs);
          }
          for (let round = 0; round < 60; round += 1)
            await clock.advance(1_000);
          expect(overlaps).toEqual([]);
          expect([...owed]).toEqual([]);
          expect(queue.size).toBe(0);
          await end();
        },
      ),
      { numRuns: 100 },
    );
  });
});
