import { once } from "node:events";
import {
  type AddressInfo,
  connect,
  createServer,
  type Server,
  type Socket,
} from "node:net";
import type { LinkFault } from "./fault-plan";
import { FaultProxy } from "./fault-proxy";

/** Long enough to look at while it lasts. */
const MS = 400;

/** What a client has seen of its connection. */
class Client {
  received = "";
  failure: string | undefined;
  isClosed = false;

  constructor(readonly socket: Socket) {
    socket.on("data", (chunk: Buffer) => (this.received += chunk.toString()));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.failure = error.code;
    });
    socket.on("close", () => (this.isClosed = true));
  }

  async until(holds: (client: Client) => boolean): Promise<void> {
    while (!holds(this)) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("FaultProxy", () => {
  let server: Server;
  let proxy: FaultProxy;
  /** What the server was sent, over all connections. */
  let heard: string;
  let clients: Client[];

  beforeEach(async () => {
    heard = "";
    clients = [];
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => {
        heard += chunk.toString();
        socket.write(`<${chunk.toString()}>`);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    proxy = await FaultProxy.start(() => ({ host: "127.0.0.1", port }));
  });

  afterEach(async () => {
    for (const { socket } of clients) socket.destroy();
    await proxy.stop();
    await new Promise((closed) => server.close(closed));
  });

  function open(): Client {
    const client = new Client(connect(proxy.port, "127.0.0.1"));
    clients.push(client);
    return client;
  }

  async function talking(): Promise<Client> {
    const client = open();
    client.socket.write("hello");
    await client.until(({ received }) => received === "<hello>");
    return client;
  }

  const heal = async (client: Client) => {
    client.socket.write("again");
    await client.until(({ received }) => received.endsWith("<again>"));
  };

  it("carries bytes both ways, and an end with them", async () => {
    const client = await talking();
    await heal(client);
    client.socket.end();
    await client.until(({ isClosed }) => isClosed);
    expect(client.failure).toBeUndefined();
    expect(heard).toBe("helloagain");
  });

  it("resets whoever comes while its target is away", async () => {
    const nowhere = await FaultProxy.start(() => ({
      host: "127.0.0.1",
      port: 1,
    }));
    const client = new Client(connect(nowhere.port, "127.0.0.1"));
    await client.until(({ isClosed }) => isClosed);
    expect(client.failure).toBe("ECONNRESET");
    await nowhere.stop();
  });

  it("cuts: resets what is open and what is opened, until it is over", async () => {
    const client = await talking();
    const over = proxy.hurt({ kind: "cut", ms: MS });
    await client.until(({ failure }) => failure === "ECONNRESET");
    const late = open();
    await late.until(({ failure }) => failure === "ECONNRESET");
    await over;
    await talking();
  });

  it("swallows what goes up, answers nothing, and resets at the end", async () => {
    const client = await talking();
    const over = proxy.hurt({ kind: "black-hole", direction: "up", ms: MS });
    client.socket.write("lost");
    await over;
    await client.until(({ failure }) => failure === "ECONNRESET");
    expect(heard).toBe("hello");
  });

  it("swallows an answer of what the server has done", async () => {
    const client = await talking();
    const over = proxy.hurt({ kind: "black-hole", direction: "down", ms: MS });
    client.socket.write("done");
    await over;
    await client.until(({ failure }) => failure === "ECONNRESET");
    expect(heard).toBe("hellodone");
    expect(client.received).toBe("<hello>");
  });

  it("leaves a connection alone that lost nothing in a black hole", async () => {
    const client = await talking();
    await proxy.hurt({ kind: "black-hole", direction: "up", ms: 10 });
    await heal(client);
  });

  it.each<LinkFault>([
    { kind: "stall", direction: "up", ms: MS },
    { kind: "stall", direction: "down", ms: MS },
    { kind: "latency", delayMs: 20, ms: MS },
    { kind: "slow", bytesPerSecond: 1, ms: MS },
  ])("delays, and loses nothing: $kind", async (fault) => {
    const client = await talking();
    let isOver = false;
    const over = proxy.hurt(fault).then(() => (isOver = true));
    client.socket.write("slow");
    await client.until(({ received }) => received === "<hello><slow>");
    if (fault.kind !== "latency") expect(isOver).toBe(true);
    await over;
    await heal(client);
  });

  it("resets in the middle of an answer", async () => {
    const client = await talking();
    const over = proxy.hurt({ kind: "reset", afterBytes: 3, ms: MS });
    client.socket.write("whole");
    await client.until(({ isClosed }) => isClosed);
    expect(client.received).toBe("<hello><wh");
    expect(heard).toBe("hellowhole");
    await over;
    await talking();
  });
});
