import { ManualClock } from "@vworkspace/kernel";
import { ControlPlaneTime } from "./control-plane-time";

/** What a control plane says whose clock is ahead of the node's by so much. */
function setUp() {
  const clock = new ManualClock(Date.UTC(2026, 0, 1, 12));
  const time = new ControlPlaneTime(clock);
  let changes = 0;
  time.onChange(() => (changes += 1));
  const hear = (aheadMs: number) =>
    time.answered(new Date(clock.now() + aheadMs).toUTCString());
  return { clock, time, hear, changes: () => changes };
}

/** Date counts whole seconds. */
const secondsOf = (ms: number) => Math.floor(ms / 1000);

describe("ControlPlaneTime", () => {
  it("is the node's time before the first answer", () => {
    const { clock, time } = setUp();
    expect(time.now()).toBe(clock.now());
    expect(time.complaint).toBe(undefined);
  });

  it("is the control plane's after an answer, and goes on from there", async () => {
    const { clock, time, hear } = setUp();
    hear(3_600_000);
    expect(secondsOf(time.now())).toBe(secondsOf(clock.now() + 3_600_000));
    await clock.advance(90_000);
    expect(secondsOf(time.now())).toBe(secondsOf(clock.now() + 3_600_000));
  });

  it("does not follow when somebody sets the node's clock", () => {
    const { clock, time, hear } = setUp();
    hear(0);
    const before = time.now();
    clock.setTimeOfDay(-3_600_000);
    expect(time.now()).toBe(before);
    expect(secondsOf(time.skewMs)).toBe(-3601);
  });

  it.each([undefined, "", "yesterday", ["Thu, 01 Jan 2026 13:00:00 GMT"], 5])(
    "learns nothing from %p",
    (date) => {
      const { clock, time } = setUp();
      time.answered(date);
      expect(time.now()).toBe(clock.now());
    },
  );

  it.each([
    [600_000, "600 s behind"],
    [-600_000, "600 s ahead of"],
  ])("says a skew in words with the remedy: %i ms is %s", (aheadMs, words) => {
    const { time, hear } = setUp();
    hear(aheadMs);
    expect(time.complaint?.replace(/599|601/, "600")).toContain(words);
    expect(time.complaint).toContain("NTP");
  });

  it("says nothing of a skew that a busy node may have", () => {
    const { time, hear, changes } = setUp();
    for (const aheadMs of [55_000, -55_000, 10_000]) hear(aheadMs);
    expect(time.complaint).toBe(undefined);
    expect(changes()).toBe(0);
  });

  it("says it in the same words until it has become twice as much", () => {
    const { time, hear, changes } = setUp();
    hear(600_000);
    const words = time.complaint;
    for (const aheadMs of [599_000, 615_000, 900_000]) hear(aheadMs);
    expect(time.complaint).toBe(words);
    hear(1_300_000);
    expect(time.complaint).not.toBe(words);
    hear(-1_300_000);
    expect(time.complaint).toContain("ahead of");
    expect(changes()).toBe(3);
  });

  it("tells once of a skew around its threshold, and again only when it is well gone", () => {
    const { time, hear, changes } = setUp();
    for (const aheadMs of [65_000, 55_000, 65_000, 45_000, 61_000])
      hear(aheadMs);
    expect(changes()).toBe(1);
    expect(time.complaint).toContain("behind");
    hear(20_000);
    expect(changes()).toBe(2);
    expect(time.complaint).toBe(undefined);
  });
});
