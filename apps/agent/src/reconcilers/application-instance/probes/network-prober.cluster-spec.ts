import { createServer, type Server as HttpServer } from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import type { Place } from "../../../testing/fake-prober";
import { proberContract } from "../../../testing/prober.contract";
import { NetworkProber } from "./network-prober";

const HOST = "127.0.0.1";

describe("NetworkProber", () => {
  let prober: NetworkProber;
  let servers: (Server | HttpServer)[] = [];
  const sockets = new Set<Socket>();
  let followed = 0;

  beforeEach(() => {
    prober = new NetworkProber();
    followed = 0;
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    const closing = servers.map(
      (server) => new Promise((resolve) => server.close(resolve)),
    );
    servers = [];
    await Promise.all(closing);
  });

  async function listen(server: Server | HttpServer) {
    servers.push(server);
    server.on("connection", (socket: Socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    return { host: HOST, port: (server.address() as AddressInfo).port };
  }

  async function place(what: Place) {
    if (typeof what === "number") return listen(answering(what));
    const address = await listen(createTcpServer());
    if (what === "refusing")
      await new Promise((resolve) => servers.pop()?.close(resolve));
    return address;
  }

  function answering(status: number) {
    return createServer((request, response) => {
      if (request.url === "/elsewhere") followed += 1;
      response.writeHead(status, { location: "/elsewhere" });
      response.end(status === 204 ? undefined : "hello");
    });
  }

  proberContract(() => ({ prober, place, followed: () => followed }));

  it("is not held up by a body without an end", async () => {
    const endless = createServer((_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024);
      const go = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", go);
      go();
    });
    const { port } = await listen(endless);
    const url = `http://${HOST}:${port}/`;
    const never = new AbortController().signal;
    expect(
      await prober.probe({ type: "http", url, timeoutMs: 20_000 }, never),
    ).toBe(undefined);
  });
});
