const WITHIN_MS = 30_000;
const EVERY_MS = 50;

/** Waits until a condition holds; a server needs its time, which no test may measure. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`It never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
