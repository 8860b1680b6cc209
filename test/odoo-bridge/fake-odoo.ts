import { randomBytes, randomUUID } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import {
  decodeMethodCall,
  encodeFault,
  encodeMethodResponse,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { Batch } from "./apply-updates";
import { UpdateBook } from "./update-book";

const DATABASE = "company";
const LOGIN = "gateway-bridge";
const UID = 7;

/**
 * An Odoo as the gateway meets it: JSON-2 from version 19 on, XML-RPC always, one database, one user who may call
 * `vworkspace.sync`. What it is told stands in its book.
 */
export class FakeOdoo {
  readonly databaseUuid: string;
  readonly key = randomBytes(20).toString("hex");
  /** Paths of all requests, in order. */
  readonly requests: string[] = [];
  /** Batches that it worked on at one moment, at most. */
  mostAtOnce = 0;
  /** How long it works on a batch. */
  workMs = 0;
  /** Answers with HTTP status 500 while it is set. */
  isBroken = false;
  private atWork = 0;
  private server: Server | undefined;
  private port = 0;

  constructor(
    readonly book: UpdateBook,
    private readonly version = "19.0",
    databaseUuid: string = randomUUID(),
  ) {
    this.databaseUuid = databaseUuid;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it says of itself when it is paired, besides the code. */
  get pairing() {
    return {
      database_uuid: this.databaseUuid,
      url: this.url,
      database: DATABASE,
      login: LOGIN,
      key: this.key,
    };
  }

  /** Comes up; after it was down at the same address. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    this.server = server;
    await new Promise<void>((done) =>
      server.listen(this.port, "127.0.0.1", done),
    );
    this.port = (server.address() as AddressInfo).port;
  }

  /** Goes down, in the middle of whatever it does. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise((done) => (server ? server.close(done) : done(null)));
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const path = request.url ?? "";
    this.requests.push(path);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (this.isBroken) return send(response, 500, "text/html", "<h1>Oh</h1>");
    if (path.startsWith("/xmlrpc/2/"))
      return send(response, 200, "text/xml", await this.xml(path, body));
    const method = /^\/json\/2\/vworkspace\.sync\/(\w+)$/.exec(path)?.[1];
    const isHere =
      this.version >= "19" && request.headers["x-odoo-database"] === DATABASE;
    if (method === undefined || !isHere)
      return send(response, 404, "text/html", "<h1>Not found</h1>");
    if (request.headers.authorization !== `Bearer ${this.key}`)
      return sendJson(response, 401, {
        name: "werkzeug.exceptions.Unauthorized",
        message: "Invalid apikey",
      });
    const named = JSON.parse(body.toString()) as Record<string, unknown>;
    return sendJson(response, 200, await this.call(method, named));
  }

  private async xml(path: string, body: Uint8Array): Promise<string> {
    const { method, params } = decodeMethodCall(body);
    if (method === "version")
      return encodeMethodResponse({ server_version: this.version });
    const isKnown = params[0] === DATABASE && params[2] === this.key;
    if (method === "authenticate")
      return encodeMethodResponse(isKnown && params[1] === LOGIN ? UID : false);
    if (!isKnown || !path.endsWith("/object"))
      return encodeFault(3, "Access Denied");
    const name = typeof params[4] === "string" ? params[4] : "";
    const named = params[6] as Record<string, unknown>;
    return encodeMethodResponse((await this.call(name, named)) as RpcValue);
  }

  private async call(
    method: string,
    named: Record<string, unknown>,
  ): Promise<unknown> {
    if (method === "ping")
      return {
        database_uuid: this.databaseUuid,
        version: this.version,
        series: this.version,
      };
    if (method !== "apply_updates") throw new Error(`No method ${method}.`);
    this.atWork += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atWork);
    try {
      if (this.workMs > 0)
        await new Promise((done) => setTimeout(done, this.workMs));
      return await this.book.applyUpdates(named["batch"] as Batch);
    } finally {
      this.atWork -= 1;
    }
  }
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
): void {
  response.writeHead(status, { "content-type": type });
  response.end(body);
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
): void {
  send(response, status, "application/json", JSON.stringify(body));
}
