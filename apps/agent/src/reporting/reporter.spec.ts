import { ManualClock } from "@vworkspace/kernel";
import { Link } from "../control-plane/link";
import { KeptControlPlane } from "../testing/kept-control-plane";
import { KeptLog } from "../testing/kept-log";
import { settle } from "../testing/settle";
import { MemoryEventSpool } from "./event-spool";
import { type NewEvent, Reporter } from "./reporter";

function event(name: string): NewEvent {
  return {
    kind: "ConditionTransition",
    resourceRef: { apiVersion: "v1", kind: "Thing", name },
  };
}

function setUp(capacity?: number) {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.registered("c1");
  const controlPlane = new KeptControlPlane();
  const spool = new MemoryEventSpool(capacity);
  const reporter = new Reporter({
    controlPlane,
    spool,
    link,
    clock,
    log: new KeptLog(),
    random: () => 0.5,
  });
  const stop = new AbortController();
  const ended = reporter.run(stop.signal);
  const end = async () => {
    stop.abort();
    await ended;
  };
  const names = () =>
    controlPlane.batches.map((batch) =>
      batch.map(({ resourceRef }) => resourceRef.name),
    );
  return { clock, link, controlPlane, spool, reporter, end, names };
}

describe("Reporter", () => {
  it("sends what came within a second as one batch, in order", async () => {
    const { clock, reporter, names, end, controlPlane } = setUp();
    await reporter.report(event("a"));
    await settle();
    await reporter.report(event("b"));
    expect(names()).toEqual([]);
    await clock.advance(1_000);
    await settle();
    expect(names()).toEqual([["a", "b"]]);
    expect(controlPlane.batches[0]).toMatchObject([
      { session: reporter.session, sequence: 0 },
      { session: reporter.session, sequence: 1 },
    ]);
    await end();
  });

  it("does not wait when a batch is full", async () => {
    const { reporter, names, end } = setUp();
    for (let count = 0; count < 100; count += 1)
      await reporter.report(event(String(count)));
    await settle();
    expect(names()[0]).toHaveLength(100);
    await end();
  });

  it("keeps events until they are stored there, and loses none to a failure", async () => {
    const { clock, reporter, names, end, controlPlane } = setUp();
    controlPlane.faults.push(503, 500);
    await reporter.report(event("a"));
    await reporter.report(event("b"));
    for (let step = 0; step < 10; step += 1) {
      await settle();
      await clock.advance(30_000);
    }
    await settle();
    expect(names().flat()).toEqual(["a", "b"]);
    expect(reporter.lost).toBe(0);
    await end();
  });

  it("drops the oldest and counts it when there is no room", async () => {
    const { clock, reporter, names, end } = setUp(2);
    for (const name of ["a", "b", "c"]) await reporter.report(event(name));
    await settle();
    await clock.advance(1_000);
    await settle();
    expect(names()).toEqual([["b", "c"]]);
    expect(reporter.lost).toBe(1);
    await end();
  });

  it("drops an event that is refused for good, and only that one", async () => {
    const { clock, reporter, names, end, controlPlane } = setUp();
    const { sendEvents } = controlPlane;
    controlPlane.sendEvents = async (events) => {
      const isBad = events.some(({ resourceRef }) => resourceRef.name === "x");
      if (isBad) controlPlane.faults.push(400);
      await sendEvents.call(controlPlane, events);
    };
    for (const name of ["a", "x", "b"]) await reporter.report(event(name));
    for (let step = 0; step < 20; step += 1) {
      await settle();
      await clock.advance(60_000);
    }
    expect(names().flat()).toEqual(["a", "b"]);
    expect(reporter.lost).toBe(1);
    await end();
  });

  it("sends nothing while its credential is refused, and goes on when it is taken", async () => {
    const { clock, link, reporter, names, end } = setUp();
    link.rejected("revoked");
    await reporter.report(event("a"));
    await settle();
    await clock.advance(3_600_000);
    await settle();
    expect(names()).toEqual([]);
    link.accepted();
    await settle();
    await clock.advance(1_000);
    await settle();
    expect(names()).toEqual([["a"]]);
    await end();
  });

  it("sends what it knows before it ends", async () => {
    const { reporter, names, end } = setUp();
    await reporter.report(event("last"));
    await end();
    expect(names()).toEqual([["last"]]);
  });

  it("sends all that it knows before it ends, not only a batch of it", async () => {
    const { controlPlane, names, link, reporter, end } = setUp();
    link.rejected("not now");
    for (let count = 0; count < 250; count += 1)
      await reporter.report(event(String(count)));
    await settle();
    const ended = end();
    link.accepted();
    await ended;
    expect(controlPlane.batches.map(({ length }) => length)).toEqual([
      100, 100, 50,
    ]);
    expect(names().flat().at(-1)).toBe("249");
  });

  it("gives up at the first failure when it ends", async () => {
    const { controlPlane, reporter, end, spool } = setUp();
    controlPlane.faults.push(503, 503, 503);
    await reporter.report(event("kept"));
    await end();
    expect(controlPlane.faults).toHaveLength(2);
    expect(spool.size).toBe(1);
  });

  it.each([-3_600_000, 3_600_000])(
    "waits a second for a batch, though the time of day is set by %i ms meanwhile",
    async (byMs) => {
      const { clock, reporter, names, end } = setUp();
      await reporter.report(event("a"));
      await settle();
      clock.setTimeOfDay(byMs);
      await clock.advance(999);
      await settle();
      expect(names()).toEqual([]);
      await clock.advance(1);
      await settle();
      expect(names()).toEqual([["a"]]);
      await end();
    },
  );
});
