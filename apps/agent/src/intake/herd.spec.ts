import { ManualClock, seededRandom } from "@vworkspace/kernel";
import type { ControlPlane } from "../control-plane/control-plane";
import {
  ControlPlaneError,
  failureOfStatus,
} from "../control-plane/control-plane-error";
import { Link } from "../control-plane/link";
import { retryPauseMs } from "../control-plane/patience";
import { PollLoop } from "./poll-loop";
import { KeptLog } from "../testing/kept-log";

const AWAY = new ControlPlaneError("unreachable", "cut");

describe("The pause before another attempt", () => {
  it.each([
    [0, 1_000, 4_000],
    [1, 1_000, 7_000],
    [2, 1_000, 13_000],
    [20, 1_000, 61_000],
  ])("after %i failures is %i to %i ms", (failures, least, most) => {
    expect(retryPauseMs(AWAY, failures, () => 0)).toBe(least);
    expect(retryPauseMs(AWAY, failures, () => 1)).toBe(most);
  });

  it("is never shorter than the control plane asks for, and not the same for all whom it asks", () => {
    const busy = failureOfStatus(429, { retryAfterMs: 30_000 });
    expect(retryPauseMs(busy, 0, () => 0)).toBe(30_000);
    expect(retryPauseMs(busy, 0, () => 0.5)).toBe(31_500);
  });
});

/** When the agents of a fleet ask again, in whole seconds after their connections broke at one moment: counts by second. */
async function attempts(
  fleet: number,
  failure: Error,
  seconds: number,
): Promise<number[]> {
  const clock = new ManualClock();
  const random = seededRandom(7);
  const counts: number[] = [];
  const startedAt = clock.now();
  const stop = new AbortController();
  const controlPlane = {
    poll: () => {
      const second = Math.floor((clock.now() - startedAt) / 1000);
      counts[second] = (counts[second] ?? 0) + 1;
      return Promise.reject(failure);
    },
  } as unknown as ControlPlane;
  const loops = Array.from({ length: fleet }, () =>
    new PollLoop({
      controlPlane,
      link: new Link(clock),
      intake: { accept: () => Promise.resolve(0) },
      clock,
      log: new KeptLog(),
      maxWaitSeconds: 50,
      random,
    }).run(stop.signal),
  );
  for (let step = 0; step < seconds * 4; step += 1) await clock.advance(250);
  stop.abort();
  await Promise.all(loops);
  return Array.from({ length: seconds }, (_, second) => counts[second] ?? 0);
}

describe("5,000 agents whose connections break at one moment", () => {
  const FLEET = 5_000;

  it("come back over the seconds, and fewer each second the longer it takes", async () => {
    const [first = 0, ...later] = await attempts(FLEET, AWAY, 60);
    expect(first).toBe(FLEET);
    expect(Math.max(...later)).toBeLessThan(FLEET / 2.5);
    expect(Math.max(...later.slice(15))).toBeLessThan(FLEET / 8);
    expect(Math.max(...later.slice(40))).toBeLessThan(FLEET / 20);
  });

  it("don't all come when the time is over that they were told to wait", async () => {
    const busy = failureOfStatus(503, { retryAfterMs: 10_000 });
    const counts = await attempts(FLEET, busy, 16);
    expect(counts.slice(1, 10).every((count) => count === 0)).toBe(true);
    expect(Math.max(...counts.slice(10))).toBeLessThan(FLEET / 2.5);
    expect(counts.slice(10).reduce((sum, count) => sum + count)).toBe(FLEET);
  });
});
