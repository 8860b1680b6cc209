import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics";

export interface HealthServerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  /** What isn't ready yet; empty when everything is. */
  readonly missing: () => readonly string[];
}

/** /health/live, /health/ready and /metrics, and nothing else. */
export class HealthServer {
  private readonly server: Server;

  constructor(private readonly options: HealthServerOptions) {
    this.server = createServer(
      { requestTimeout: 10_000, maxHeaderSize: 16 * 1024 },
      (request, response) => void this.answer(request, response),
    );
    this.server.maxConnections = 100;
  }

  /** @returns the address it listens on, `host:port` */
  async listen(): Promise<string> {
    const { host, port } = this.options;
    this.server.listen(port, host);
    await once(this.server, "listening");
    const { address, port: taken } = this.server.address() as AddressInfo;
    return `${address}:${taken}`;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { metrics, missing } = this.options;
    switch (request.url) {
      case "/health/live":
        return send(response, 200, { status: "live" });
      case "/health/ready": {
        const waitingFor = missing();
        const isReady = waitingFor.length === 0;
        const status = isReady ? "ready" : "not ready";
        return send(response, isReady ? 200 : 503, { status, waitingFor });
      }
      case "/metrics":
        response.writeHead(200, {
          "content-type": metrics.registry.contentType,
        });
        response.end(await metrics.registry.metrics());
        return;
      default:
        return send(response, 404, { error: "not_found" });
    }
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
