import { ManualClock } from "@vworkspace/kernel";
import fc from "fast-check";
import { KeyedQueue } from "./keyed-queue";

function setUp(random: () => number = () => 0.5) {
  const clock = new ManualClock();
  return { clock, queue: new KeyedQueue({ clock, random }) };
}

/** Whether a key is handed out right now. */
async function takeNow(queue: KeyedQueue): Promise<string | undefined> {
  let taken: string | undefined;
  void queue.take().then((key) => (taken = key));
  await new Promise((resolve) => setImmediate(resolve));
  return taken;
}

describe("KeyedQueue", () => {
  it("hands keys out in the order of their first add and merges equal ones", async () => {
    const { queue } = setUp();
    for (const key of ["b", "a", "b", "c", "a"]) queue.add(key);
    expect(queue.size).toBe(3);
    expect(await takeNow(queue)).toBe("b");
    expect(await takeNow(queue)).toBe("a");
    expect(await takeNow(queue)).toBe("c");
    expect(await takeNow(queue)).toBe(undefined);
  });

  it("hands a key out again after its work when it was added meanwhile", async () => {
    const { queue } = setUp();
    queue.add("a");
    expect(await takeNow(queue)).toBe("a");
    queue.add("a");
    queue.add("a");
    const next = queue.take();
    let isHandedOut = false;
    void next.then(() => (isHandedOut = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isHandedOut).toBe(false);
    queue.done("a");
    expect(await next).toBe("a");
    queue.done("a");
    expect(queue.size).toBe(0);
  });

  it("hands a delayed key out in time, though the time of day is set back meanwhile", async () => {
    const { clock, queue } = setUp();
    queue.addAfter("a", 1_000);
    clock.setTimeOfDay(-3_600_000);
    let taken: string | undefined;
    void queue.take().then((key) => (taken = key));
    await clock.advance(999);
    expect(taken).toBe(undefined);
    await clock.advance(1);
    expect(taken).toBe("a");
  });

  it("takes the earliest of several delayed adds", async () => {
    const { clock, queue } = setUp();
    queue.addAfter("a", 1_000);
    queue.addAfter("a", 200);
    queue.addAfter("a", 500);
    const key = takeNow(queue);
    await clock.advance(199);
    expect(await key).toBe(undefined);
    await clock.advance(1);
    expect(queue.size).toBe(1);
    queue.done("a");
    await clock.advance(10_000);
    expect(queue.size).toBe(0);
  });

  it("lets an add take the place of a delayed one", async () => {
    const { clock, queue } = setUp();
    queue.addAfter("a", 1_000);
    queue.add("a");
    expect(await takeNow(queue)).toBe("a");
    queue.done("a");
    await clock.advance(1_000);
    expect(queue.size).toBe(0);
  });

  it("delays retries exponentially with full jitter, per key, up to the limit", () => {
    const { queue } = setUp(() => 1);
    const delays = Array.from({ length: 12 }, () => queue.retry("a"));
    expect(delays.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(delays.at(-1)).toBe(300_000);
    expect(queue.retry("b")).toBe(500);
    queue.forget("a");
    expect(queue.failures("a")).toBe(0);
    expect(queue.retry("a")).toBe(500);
  });

  it("sends waiting takers away when it stops, and holds nothing afterwards", async () => {
    const { clock, queue } = setUp();
    const waiting = queue.take();
    queue.addAfter("a", 100);
    queue.stop();
    expect(await waiting).toBe(undefined);
    queue.add("b");
    queue.addAfter("c", 1);
    await clock.advance(1_000);
    expect(queue.size).toBe(0);
    expect(await queue.take()).toBe(undefined);
  });

  it("never hands a key out twice at a time, and follows every add with a later start", async () => {
    const key = fc.constantFrom("a", "b", "c");
    const step = fc.oneof(
      fc.record({ type: fc.constant("add" as const), key }),
      fc.record({
        type: fc.constant("addAfter" as const),
        key,
        ms: fc.integer({ min: 0, max: 50 }),
      }),
      fc.record({ type: fc.constant("retry" as const), key }),
      fc.record({ type: fc.constant("take" as const) }),
      fc.record({ type: fc.constant("done" as const), key }),
      fc.record({
        type: fc.constant("advance" as const),
        ms: fc.integer({ min: 1, max: 60 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, queue } = setUp();
        const running = new Set<string>();
        /** Keys with an add that no start has followed yet. */
        const owed = new Set<string>();
        const take = () =>
          void queue.take().then((taken) => {
            if (taken === undefined) return;
            if (running.has(taken)) throw new Error(`${taken} runs twice`);
            running.add(taken);
            owed.delete(taken);
          });
        for (const next of steps) {
          if (next.type === "take") take();
          else if (next.type === "advance") await clock.advance(next.ms);
          else if (next.type === "done") {
            if (running.delete(next.key)) queue.done(next.key);
          } else {
            owed.add(next.key);
            if (next.type === "add") queue.add(next.key);
            else if (next.type === "retry") queue.retry(next.key);
            else queue.addAfter(next.key, next.ms);
          }
          await Promise.resolve();
        }
        await drain(queue, clock, { running, take });
        expect([...owed]).toEqual([]);
        expect(queue.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

/** Serves the queue until nothing is left in it. */
async function drain(
  queue: KeyedQueue,
  clock: ManualClock,
  { running, take }: { running: Set<string>; take: () => void },
): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    for (let worker = 0; worker < 3; worker += 1) take();
    await clock.advance(300_000);
    for (const key of [...running]) {
      running.delete(key);
      queue.done(key);
    }
    await Promise.resolve();
  }
}
