import { mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const HEARTBEAT_MS = 5_000;
const STALE_MS = 60_000;

/**
 * Runs `work` while holding the directory `path` as a lock among processes. The holder touches it every five seconds; a
 * lock untouched for a minute belonged to a dead process and is taken over. Taking over is not exact: two waiters may
 * both believe to hold it. That costs time, never correctness, because what `work` makes is installed by one rename.
 */
export async function withLock(path, { onWait }, work) {
  let waits = 0;
  while (!(await tryAcquire(path))) {
    if (waits++ % 30 === 0) onWait();
    await sleep(1_000);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { recursive: true, force: true });
  }
}

async function tryAcquire(path) {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    await removeIfStale(path);
    return false;
  }
}

async function removeIfStale(path) {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs < STALE_MS) return;
    const aside = `${path}.stale-${process.pid}`;
    await rename(path, aside);
    await rm(aside, { recursive: true, force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}
