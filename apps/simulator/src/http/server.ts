import { timingSafeEqual, createHash } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { StatusError } from "../api/status-error";
import { failure, write } from "./answer";
import type { Router } from "./router";

/** The API over HTTP on a loopback address; every request but the health checks carries the bearer token. */
export class ApiServer {
  private readonly server: Server;
  private requests = 0;

  constructor(
    private readonly router: Router,
    private readonly token: string,
  ) {
    this.server = createServer((request, response) => {
      this.requests += 1;
      void this.serve(request, response);
    });
    this.server.requestTimeout = 0;
  }

  /** How many requests have come, watches included. */
  get requestCount(): number {
    return this.requests;
  }

  /** @returns the address it listens on, for example `http://127.0.0.1:40123`. @throws Error as listen(2) says */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, host, resolve);
    });
    const bound = this.server.address() as AddressInfo;
    const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
    return `http://${name}:${bound.port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      this.authenticate(request);
      await this.router.serve(request, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else write(response, failure(error));
    }
    // Whatever of a refused body is still to come is not wanted.
    if (!request.complete && !response.destroyed) request.resume();
  }

  private authenticate({ headers, url }: IncomingMessage): void {
    if (["/readyz", "/livez", "/healthz", "/version"].includes(url ?? ""))
      return;
    const given = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
    if (!timingSafeEqual(digest(given), digest(this.token)))
      throw new StatusError(401, "Unauthorized", "Unauthorized");
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
