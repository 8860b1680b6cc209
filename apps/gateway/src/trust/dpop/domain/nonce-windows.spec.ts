import {
  countingWindows,
  NONCE_SLOTS,
  NONCE_WINDOW_MS,
  pastSlot,
  slotOf,
  windowAt,
} from "./nonce-windows";

const NOW = Date.UTC(2026, 0, 1, 12, 2);

describe("the windows of nonces", () => {
  it("let a nonce count for a whole window at least, and for two at most", () => {
    const given = windowAt(NOW);
    const counts = (ms: number) =>
      countingWindows(windowAt(NOW + ms)).includes(given);
    expect(counts(NONCE_WINDOW_MS)).toBe(true);
    expect(counts(2 * NONCE_WINDOW_MS)).toBe(false);
  });

  it("let a replica that is ahead by a window give out nonces that the others take", () => {
    const given = windowAt(NOW + NONCE_WINDOW_MS);
    expect(countingWindows(windowAt(NOW))).toContain(given);
  });

  it("never empty a slot whose nonces count here, or on a replica whose clock is a window away", () => {
    for (let window = 1000; window < 1000 + NONCE_SLOTS; window += 1) {
      const used = [window - 1, window, window + 1]
        .flatMap(countingWindows)
        .map(slotOf);
      expect(used).not.toContain(pastSlot(window));
    }
  });

  it("empty each slot before it is used again", () => {
    for (let window = 1000; window < 1000 + NONCE_SLOTS; window += 1) {
      expect(pastSlot(window - 2)).toBe(slotOf(window + 1));
    }
  });
});
