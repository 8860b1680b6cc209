import { readFileSync, writeFileSync } from "node:fs";
import {
  type AddressInfo,
  connect,
  createServer,
  type Server,
  type Socket,
} from "node:net";

/** A wire to an API server that a test can cut, and join again. TLS passes through untouched. */
export class CuttableNetwork {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {
    server.on("connection", (socket) => this.join(socket));
  }

  /** Writes to `copy` a kubeconfig whose server is reached over the new network. */
  static async between(
    kubeconfig: string,
    copy: string,
  ): Promise<CuttableNetwork> {
    const text = readFileSync(kubeconfig, "utf8");
    const [, scheme = "", host = "", port = ""] =
      /server: "?(https?):\/\/([\d.]+):(\d+)/.exec(text) ?? [];
    const server = createServer();
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", resolve),
    );
    const { port: ownPort } = server.address() as AddressInfo;
    const moved = text.replaceAll(
      `${scheme}://${host}:${port}`,
      `${scheme}://127.0.0.1:${ownPort}`,
    );
    writeFileSync(copy, moved, { mode: 0o600 });
    return new CuttableNetwork(server, { host, port: Number(port) });
  }

  get connections(): number {
    return this.sockets.size;
  }

  /** Breaks every connection and refuses new ones until joined again. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  rejoin(): void {
    this.isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket): void {
    if (this.isCut) {
      near.destroy();
      return;
    }
    const far = connect(this.target);
    this.sockets.add(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => other.destroy());
      one.pipe(other);
    }
    near.on("close", () => this.sockets.delete(near));
  }
}
