import { timingSafeEqual, createHash } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { StatusError } from "../api/status-error";
import type { User } from "../authorization/user";
import type { Traffic } from "../faults/traffic";
import { failure, write } from "./answer";
import type { Router } from "./router";

/** Somebody who may come in, by the token. */
export interface Identity {
  readonly token: string;
  readonly user: User;
}

const NOBODY: User = { name: "system:anonymous", groups: [] };

/** The API over HTTP on a loopback address; every request but the health checks carries a token. */
export class ApiServer {
  private readonly server: Server;
  private requests = 0;

  constructor(
    private readonly router: Router,
    private readonly identities: readonly Identity[],
    private readonly traffic: Traffic,
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
      const now = new Date(this.traffic.clock.now());
      response.setHeader("date", now.toUTCString());
      const user = this.authenticate(request);
      if (await this.traffic.admit(request, response, user))
        await this.router.serve(request, response, user);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else write(response, failure(error));
    }
    // Whatever of a refused body is still to come is not wanted.
    if (!request.complete && !response.destroyed) request.resume();
  }

  private authenticate({ headers, url }: IncomingMessage): User {
    if (["/readyz", "/livez", "/healthz", "/version"].includes(url ?? ""))
      return NOBODY;
    const given = tokenOf(headers.authorization ?? "");
    const known = this.identities.find(({ token }) =>
      timingSafeEqual(digest(given), digest(token)),
    );
    if (known === undefined)
      throw new StatusError(401, "Unauthorized", "Unauthorized");
    return known.user;
  }
}

/**
 * The bearer token, or the password of Basic: kubectl sends no bearer token without TLS, but what stands in the URL of the
 * server it sends.
 */
function tokenOf(authorization: string): string {
  const [, scheme = "", credentials = ""] =
    /^(Bearer|Basic) (.+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== "basic") return credentials;
  const pair = Buffer.from(credentials, "base64").toString();
  return pair.slice(pair.indexOf(":") + 1);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
