import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `look` gives something, and returns it. @throws Error naming what was waited for, with the last failure */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 90_000,
): Promise<T> {
  const endsAt = Date.now() + timeoutMs;
  let failure: unknown;
  while (Date.now() < endsAt) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      failure = error;
    }
    await sleep(20);
  }
  throw new Error(`Waited ${timeoutMs} ms in vain until ${what}.`, {
    cause: failure,
  });
}
