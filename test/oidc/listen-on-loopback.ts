import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** @param port 0 for any free one */
export async function listenOnLoopback(
  server: Server,
  port = 0,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", done);
  });
  const { port: given } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${given}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
