import { ManualClock } from "@vworkspace/kernel";
import fc from "fast-check";
import { LeaderElection } from "./leader-election";
import { MemoryLease, type Passage } from "./testing/memory-lease";
import { type Skew, SkewedClock } from "./testing/skewed-clock";

const STEP_MS = 250;
const HOUR_MS = 3_600_000;
const EXACT: Skew = { aheadMs: 0, rate: 1 };

interface Candidate {
  readonly name: string;
  readonly election: LeaderElection;
  /** How many terms it has begun. */
  readonly terms: () => number;
  /** Whether work is under way that was not told to end. */
  readonly isWorking: () => boolean;
  /** Ends it in order. */
  readonly stop: () => Promise<void>;
  /** Cuts it off the API server for good, as a kill does to what others see. */
  readonly kill: () => void;
}

class Arena {
  readonly clock = new ManualClock();
  readonly server = new MemoryLease(this.clock);
  readonly candidates: Candidate[] = [];
  readonly others: string[] = [];
  readonly errors: unknown[] = [];

  add(
    name: string,
    options: { skew?: Skew; network?: () => Passage; drainMs?: number } = {},
  ): Candidate {
    const { skew = EXACT, network, drainMs = 0 } = options;
    let isCut = false;
    const api = this.server.client(() => ({
      ...(network?.() ?? { toServerMs: 0, toClientMs: 0 }),
      ...(isCut && { lost: "request" as const }),
    }));
    const election = new LeaderElection({
      api,
      clock: new SkewedClock(this.clock, skew),
      lease: { namespace: "system", name: "agent" },
      identity: name,
      random: () => 0.5,
      onOther: (holder) => this.others.push(`${name} sees ${holder}`),
      onError: (error) => this.errors.push(error),
    });
    const stop = new AbortController();
    let terms = 0;
    let isWorking = false;
    const ended = election.run(async (signal) => {
      terms += 1;
      isWorking = true;
      await new Promise((resolve) =>
        signal.addEventListener("abort", resolve, { once: true }),
      );
      isWorking = false;
      if (drainMs > 0) await this.clock.sleep(drainMs);
    }, stop.signal);
    const candidate: Candidate = {
      name,
      election,
      terms: () => terms,
      isWorking: () => isWorking,
      kill: () => {
        isCut = true;
      },
      stop: () => {
        stop.abort();
        return ended;
      },
    };
    this.candidates.push(candidate);
    return candidate;
  }

  /** Lets time pass, and looks all the while that nobody leads beside another one. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await this.clock.advance(STEP_MS);
      await new Promise((resolve) => setImmediate(resolve));
      this.checkOne();
    }
  }

  leaders(): string[] {
    return this.candidates
      .filter(({ election }) => election.isLeading)
      .map(({ name }) => name);
  }

  /** Until somebody of these leads. @returns milliseconds */
  async untilLed(by: readonly Candidate[], limitMs = 60_000): Promise<number> {
    for (let passed = 0; passed <= limitMs; passed += STEP_MS) {
      if (by.some(({ election }) => election.isLeading)) return passed;
      await this.pass(STEP_MS);
    }
    return Infinity;
  }

  async end(): Promise<void> {
    const ended = Promise.all(this.candidates.map(({ stop }) => stop()));
    for (let turn = 0; turn < 40; turn += 1) await this.clock.advance(1_000);
    await ended;
  }

  private checkOne(): void {
    if (this.leaders().length > 1)
      throw new Error(`Two lead: ${this.leaders().join(" and ")}.`);
    const working = this.candidates.filter(({ isWorking }) => isWorking());
    if (working.length > 1)
      throw new Error(`Two work: ${working.map(({ name }) => name).join()}.`);
  }
}

describe("LeaderElection", () => {
  it("makes the only candidate the leader at once, and keeps it so with one write in two seconds", async () => {
    const arena = new Arena();
    const only = arena.add("only");
    await arena.pass(STEP_MS);
    expect(only.election.isLeading).toBe(true);
    expect(arena.server.spec).toMatchObject({
      holderIdentity: "only",
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
    });
    expect(arena.server.spec?.renewTime).toMatch(/\.\d{6}Z$/);
    const before = arena.server.requests;
    await arena.pass(60_000);
    expect(only.terms()).toBe(1);
    expect(arena.server.requests - before).toBeLessThanOrEqual(40);
    await arena.end();
  });

  it("hands over at once when the leader ends in order, after its work has ended", async () => {
    const arena = new Arena();
    const first = arena.add("first", { drainMs: 30_000 });
    await arena.pass(STEP_MS);
    const second = arena.add("second");
    await arena.pass(5_000);
    const ended = first.stop();
    await arena.pass(25_000);
    expect([first.election.isLeading, second.terms()]).toEqual([true, 0]);
    await arena.pass(10_000);
    await ended;
    expect(arena.leaders()).toEqual(["second"]);
    expect(arena.server.spec).toMatchObject({ leaseTransitions: 1 });
    expect(arena.others).toEqual(["second sees first"]);
    await arena.end();
  });

  it.each([0, HOUR_MS, -HOUR_MS])(
    "takes over from a leader that was killed in less than 20 s, its clock %i ms ahead",
    async (aheadMs) => {
      const arena = new Arena();
      const first = arena.add("first");
      await arena.pass(STEP_MS);
      const second = arena.add("second", { skew: { aheadMs, rate: 1 } });
      await arena.pass(30_000);
      expect(second.terms()).toBe(0);
      first.kill();
      expect(await arena.untilLed([second])).toBeLessThan(20_000);
      await arena.end();
    },
  );

  it("stops the work of a leader that can't renew before another one may take over", async () => {
    const arena = new Arena();
    const first = arena.add("first");
    await arena.pass(STEP_MS);
    const second = arena.add("second");
    await arena.pass(STEP_MS);
    first.kill();
    await arena.pass(10_500);
    expect([first.isWorking(), second.terms()]).toEqual([false, 0]);
    expect(first.election.closes.aborted).toBe(true);
    await arena.end();
  });

  it("takes nobody for dead while the API server is away, and goes on when it is back", async () => {
    const arena = new Arena();
    const first = arena.add("first");
    await arena.pass(STEP_MS);
    const second = arena.add("second");
    await arena.pass(STEP_MS);
    arena.server.isDown = true;
    await arena.pass(120_000);
    expect(arena.leaders()).toEqual([]);
    arena.server.isDown = false;
    expect(await arena.untilLed([first, second])).toBeLessThan(20_000);
    await arena.end();
  });

  it("outlives an outage that is shorter than the deadline without noticing", async () => {
    const arena = new Arena();
    const first = arena.add("first");
    await arena.pass(STEP_MS);
    arena.server.isDown = true;
    await arena.pass(7_000);
    arena.server.isDown = false;
    await arena.pass(20_000);
    expect(first.terms()).toBe(1);
    await arena.end();
  });

  it("leads no more, by time alone, when its process was stopped and goes on", async () => {
    const arena = new Arena();
    const first = arena.add("first");
    await arena.pass(STEP_MS);
    expect(first.election.isOpen).toBe(true);
    const passing = arena.clock.advance(11_000);
    expect(first.election.isOpen).toBe(false);
    await passing;
    await arena.end();
  });

  it("counts from when a renewal was sent, however late its answer comes", async () => {
    const arena = new Arena();
    const late: Passage = { toServerMs: 0, toClientMs: 12_000 };
    const passages: Passage[] = [
      { toServerMs: 0, toClientMs: 0 },
      { toServerMs: 0, toClientMs: 0 },
      late,
    ];
    const lost: Passage = { toServerMs: 0, toClientMs: 0, lost: "request" };
    const first = arena.add("first", {
      network: () => passages.shift() ?? lost,
    });
    await arena.pass(STEP_MS);
    const second = arena.add("second");
    expect(first.election.isLeading).toBe(true);
    await arena.pass(30_000);
    expect([first.terms(), second.terms()]).toEqual([1, 1]);
    await arena.end();
  });

  it("ends its term when somebody else stands in the Lease, and not for a note on it", async () => {
    const arena = new Arena();
    const first = arena.add("first");
    await arena.pass(STEP_MS);
    const { lease } = arena.server;
    const metadata = { ...lease!.metadata, resourceVersion: "999" };
    arena.server.lease = { ...lease!, metadata };
    await arena.pass(5_000);
    expect(first.terms()).toBe(1);
    expect(first.isWorking()).toBe(true);
    arena.server.lease = {
      ...arena.server.lease,
      metadata: { ...metadata, resourceVersion: "1000" },
      spec: { holderIdentity: "mighty", leaseDurationSeconds: 3600 },
    };
    await arena.pass(3_000);
    expect(first.isWorking()).toBe(false);
    await arena.end();
  });

  it("puts a Lease that was deleted back, and no candidate that knew the leader slips in", async () => {
    const arena = new Arena();
    const first = arena.add("first");
    await arena.pass(STEP_MS);
    arena.add("second");
    await arena.pass(5_000);
    arena.server.lease = undefined;
    await arena.pass(30_000);
    expect(arena.leaders()).toEqual(["first"]);
    expect(first.terms()).toBe(1);
    await arena.end();
  });

  it("says why it can't lead, where the Lease can't be made", async () => {
    const arena = new Arena();
    arena.server.isDown = true;
    arena.add("first");
    await arena.pass(5_000);
    expect(arena.errors.length).toBeGreaterThan(0);
    await arena.end();
  });

  it("says once that the API server is away, however long that lasts, and again the next time", async () => {
    const arena = new Arena();
    arena.add("first");
    for (const outages of [1, 2]) {
      await arena.pass(5_000);
      expect(arena.leaders()).toEqual(["first"]);
      arena.server.isDown = true;
      await arena.pass(300_000);
      expect(arena.errors).toHaveLength(outages);
      arena.server.isDown = false;
    }
    await arena.end();
  });

  it("never has two leaders, whatever the network does and however clocks differ, and one in the end", async () => {
    const passage = fc.record(
      {
        toServerMs: fc.integer({ min: 0, max: 12_000 }),
        toClientMs: fc.integer({ min: 0, max: 12_000 }),
        lost: fc.constantFrom(undefined, "request" as const, "answer" as const),
      },
      { requiredKeys: ["toServerMs", "toClientMs"] },
    );
    const quick = fc.constant<Passage>({ toServerMs: 10, toClientMs: 10 });
    const network = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: quick },
        { weight: 1, arbitrary: passage },
      ),
      { minLength: 1, maxLength: 40 },
    );
    const candidate = fc.record({
      network,
      skew: fc.record({
        aheadMs: fc.integer({ min: -HOUR_MS, max: HOUR_MS }),
        rate: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
      }),
      killedAtMs: fc.option(fc.integer({ min: 0, max: 90_000 })),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(candidate, { minLength: 2, maxLength: 3 }),
        async (plans) => {
          const arena = new Arena();
          plans.forEach((plan, index) => {
            const passages = [...plan.network] as Passage[];
            arena.add(`c${index}`, {
              skew: plan.skew,
              network: () =>
                passages.shift() ?? { toServerMs: 0, toClientMs: 0 },
            });
          });
          for (let at = 0; at < 90_000; at += 1_000) {
            plans.forEach(({ killedAtMs }, index) => {
              if (killedAtMs !== null && killedAtMs <= at)
                arena.candidates[index]?.kill();
            });
            await arena.pass(1_000);
          }
          plans.forEach(({ killedAtMs }, index) => {
            if (killedAtMs !== null) arena.candidates[index]?.kill();
          });
          const rest = arena.add("rest");
          const alive = arena.candidates.filter(
            (_, index) => (plans[index]?.killedAtMs ?? null) === null,
          );
          expect(alive).toContain(rest);
          expect(await arena.untilLed(alive)).toBeLessThan(60_000);
          await arena.end();
        },
      ),
      { numRuns: 60 },
    );
  });
});
