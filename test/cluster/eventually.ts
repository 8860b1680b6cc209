import { setTimeout as sleep } from "node:timers/promises";

/** Asks until the answer is one; fails, saying what it waited for, when the test's own time runs out first. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  attempts = 300,
): Promise<T> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await sleep(100);
  }
  throw new Error(`Waited in vain: ${what}.`);
}
