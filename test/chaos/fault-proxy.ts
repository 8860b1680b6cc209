import { once } from "node:events";
import {
  type AddressInfo,
  connect,
  createServer,
  type Server,
  type Socket,
} from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Direction, LinkFault } from "./fault-plan";

/** Where connections go, found anew for each: a server may come back elsewhere. */
export type ProxyTarget = () => {
  readonly host: string;
  readonly port: number;
};

/** Is shown what a connection carries: bytes up as they leave for the server, bytes down as they come from it. */
export interface ConnectionTap {
  up(chunk: Buffer): void;
  down(chunk: Buffer): void;
}

/** A TCP proxy on 127.0.0.1 that hurts what goes through it, as toxiproxy does. One fault at a time. */
export class FaultProxy {
  private readonly connections = new Set<Connection>();
  private readonly link: Link = { fault: undefined, healed: Promise.resolve() };

  private constructor(
    private readonly server: Server,
    private readonly target: ProxyTarget,
    private readonly newTap: (() => ConnectionTap) | undefined,
  ) {
    server.on("connection", (client) => this.accept(client));
  }

  /** @param newTap makes what is to be shown the bytes of one connection */
  static async start(
    target: ProxyTarget,
    newTap?: () => ConnectionTap,
  ): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new FaultProxy(server, target, newTap);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Hurts the link; resolves when it is whole again. */
  async hurt(fault: LinkFault): Promise<void> {
    let heal = () => undefined as void;
    this.link.healed = new Promise((resolve) => (heal = resolve));
    this.link.fault = fault;
    for (const connection of this.connections) connection.begin(fault);
    await sleep(fault.ms);
    this.link.fault = undefined;
    heal();
    for (const connection of this.connections) connection.end();
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    for (const connection of this.connections) connection.reset();
    await closed;
  }

  private accept(client: Socket): void {
    const { host, port } = this.target();
    const server = connect({ host, port, allowHalfOpen: true });
    const { link, newTap } = this;
    const connection = new Connection({ client, server, link }, newTap?.());
    this.connections.add(connection);
    client.once("close", () => this.connections.delete(connection));
    if (this.link.fault) connection.begin(this.link.fault);
  }
}

/** What all connections of a proxy suffer from. */
interface Link {
  fault: LinkFault | undefined;
  /** Resolves when the fault is over. */
  healed: Promise<void>;
}

/** A client and a server who believe that they speak with each other. */
class Connection {
  /** Bytes that it may still carry down before it is reset. */
  private bytesLeft = Infinity;
  private hasLostBytes = false;

  private readonly client: Socket;
  private readonly server: Socket;
  private readonly link: Link;

  constructor(
    ends: {
      readonly client: Socket;
      readonly server: Socket;
      readonly link: Link;
    },
    private readonly tap: ConnectionTap | undefined,
  ) {
    const { client, server } = ends;
    ({ client: this.client, server: this.server, link: this.link } = ends);
    this.carry("up", client, server);
    this.carry("down", server, client);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.reset());
      socket.on("close", (hadError) => {
        if (hadError) this.reset();
      });
    }
  }

  begin(fault: LinkFault): void {
    if (fault.kind === "cut") this.reset();
    if (fault.kind === "reset") this.bytesLeft = fault.afterBytes;
  }

  end(): void {
    this.bytesLeft = Infinity;
    if (this.hasLostBytes) this.reset();
  }

  /** RST to both, as when a machine on the way has forgotten the connection. */
  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  /** One chunk after the other, so that neither a fault nor a slow reader changes their order. */
  private carry(direction: Direction, from: Socket, to: Socket): void {
    const pump = async () => {
      for await (const chunk of from) {
        if (direction === "down") this.tap?.down(chunk as Buffer);
        const rest = await this.suffer(direction, chunk as Buffer);
        if (direction === "up") this.tap?.up(rest);
        if (rest.length > 0 && !to.write(rest)) await once(to, "drain");
      }
      to.end();
    };
    pump().catch(() => this.reset());
  }

  /** What of a chunk arrives, when it does. */
  private async suffer(direction: Direction, chunk: Buffer): Promise<Buffer> {
    const { fault } = this.link;
    if (fault === undefined || !concerns(fault, direction)) return chunk;
    switch (fault.kind) {
      case "cut":
        return chunk;
      case "latency":
        await sleep(fault.delayMs);
        return chunk;
      case "slow":
        await this.healedOrAfter((1_000 * chunk.length) / fault.bytesPerSecond);
        return chunk;
      case "stall":
        await this.link.healed;
        return chunk;
      case "black-hole":
        this.hasLostBytes = true;
        return Buffer.alloc(0);
      case "reset":
        return this.untilReset(chunk);
    }
  }

  private async healedOrAfter(ms: number): Promise<void> {
    const late = new AbortController();
    const pause = sleep(ms, undefined, { signal: late.signal });
    await Promise.race([pause, this.link.healed]);
    late.abort();
    await pause.catch(() => undefined);
  }

  private untilReset(chunk: Buffer): Buffer {
    if (chunk.length <= this.bytesLeft) {
      this.bytesLeft -= chunk.length;
      return chunk;
    }
    const rest = chunk.subarray(0, this.bytesLeft);
    this.bytesLeft = 0;
    // After the rest has left, so that the client really sees the half of an answer.
    this.client.write(rest, () => this.reset());
    return Buffer.alloc(0);
  }
}

/** Whether a fault does something to bytes of that direction. */
function concerns(fault: LinkFault, direction: Direction): boolean {
  if (fault.kind === "reset") return direction === "down";
  return !("direction" in fault) || fault.direction === direction;
}
