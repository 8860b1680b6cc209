import type { ManualClock } from "@vworkspace/kernel";

/** Lets everything that can go on without time go on. */
export async function settle(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round += 1)
    await new Promise((resolve) => setImmediate(resolve));
}

/** Moves the clock in small steps until `isDone`, at most `limitMs`. @throws Error when it never is */
export async function advanceUntil(
  clock: ManualClock,
  isDone: () => boolean,
  limitMs = 3_600_000,
): Promise<void> {
  const step = Math.max(250, limitMs / 4_000);
  for (let steps = 0; steps * step <= limitMs; steps += 1) {
    await settle(5);
    if (isDone()) return;
    // Keys are made on threads that know no clock of ours.
    if (steps % 8 === 7) await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(step);
  }
  throw new Error(`Nothing came of ${limitMs} ms.`);
}
