import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that kernels hand out to outgoing connections (32768 on Linux, 49152 elsewhere). */
const FIRST = 20_000;
const COUNT = 10_000;
const ATTEMPTS = 50;

/**
 * A free port of 127.0.0.1 that a server may leave and take again. A port that the kernel chose could meanwhile become
 * the source of somebody's outgoing connection, or even connect to itself while nobody listens.
 */
export async function freeLowPort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${FIRST} to ${FIRST + COUNT - 1} is free.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const outcome = Promise.race([
    once(server, "listening").then(() => true),
    once(server, "error").then(() => false),
  ]);
  server.listen(port, "127.0.0.1");
  const free = await outcome;
  if (free) await new Promise((closed) => server.close(closed));
  return free;
}
