import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** What went through, as the gateway's side saw it. */
export interface Passed {
  readonly path: string;
  readonly status: number;
  readonly proof: string | undefined;
  readonly authorization: string;
  /** Milliseconds, by one clock. */
  readonly arrivedAt: number;
  readonly answeredAt: number;
  /** What the answer asked to wait for. */
  readonly retryAfterSeconds: number | undefined;
}

/** Stands before a gateway, passes on everything, and loses answers when it is told to: the request has had its effect. */
export class LosingProxy {
  readonly passed: Passed[] = [];
  /** Of this path the answers with status 200 get lost, so many from now on. */
  lose = { path: "", answers: 0 };

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {}

  static async start(target: string): Promise<LosingProxy> {
    const server = createServer();
    const proxy = new LosingProxy(server, target);
    server.on("request", (from: IncomingMessage, to: ServerResponse) =>
      proxy.pass(from, to),
    );
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private pass(from: IncomingMessage, to: ServerResponse): void {
    const { method, url = "", headers } = from;
    const arrivedAt = performance.now();
    const onward = request(`${this.target}${url}`, { method, headers });
    onward.on("error", () => to.destroy());
    onward.on("response", (answer) => {
      const status = answer.statusCode ?? 0;
      this.passed.push({
        path: url,
        status,
        proof: headers["dpop"]?.toString(),
        authorization: headers.authorization ?? "",
        arrivedAt,
        answeredAt: performance.now(),
        retryAfterSeconds: secondsOf(answer.headers["retry-after"]),
      });
      const isLost =
        status === 200 && url.endsWith(this.lose.path) && this.lose.answers > 0;
      if (isLost) {
        this.lose.answers -= 1;
        to.destroy();
        return;
      }
      to.writeHead(status, answer.headers);
      answer.pipe(to);
    });
    from.pipe(onward);
  }
}

function secondsOf(header: string | undefined): number | undefined {
  return header === undefined ? undefined : Number(header);
}
