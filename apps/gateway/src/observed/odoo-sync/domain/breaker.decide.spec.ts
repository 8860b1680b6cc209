import { breakerState, MAX_PAUSE_MS, pauseMs } from "./breaker.decide";

const NOW = new Date("2026-01-01T00:00:00Z");
const LATER = new Date("2026-01-01T00:00:01Z");

describe("the breaker", () => {
  it.each([
    [0, null, "closed"],
    [1, LATER, "open"],
    [1, NOW, "half-open"],
    [3, null, "half-open"],
  ] as const)("after %s failures, paused until %s, is %s", (...row) => {
    const [failures, until, state] = row;
    expect(breakerState(failures, until, NOW)).toBe(state);
  });

  it("pauses longer with each failure, with jitter, and never longer than 20 seconds", () => {
    const longest = [1, 2, 3, 4, 5, 6, 100].map((n) => pauseMs(n, () => 1));
    expect(longest).toEqual([
      1000,
      2000,
      4000,
      8000,
      16_000,
      MAX_PAUSE_MS,
      MAX_PAUSE_MS,
    ]);
    expect(pauseMs(6, () => 0.5)).toBe(MAX_PAUSE_MS / 2);
    expect(pauseMs(1, () => 0)).toBeGreaterThan(0);
  });
});
