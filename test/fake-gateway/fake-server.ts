import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { ErrorCode } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import {
  type Answer,
  requireAcceptable,
  send,
  sendError,
  sendStatus,
} from "./agent-exchange";
import { type Route, ROUTES } from "./agent-routes";
import type { FakeRequest } from "./fake-gateway";
import type { FakeState } from "./fake-state";
import { type Fault, FaultPlan } from "./fault-plan";

const BASE_PATH = "/api/agent";

/** The HTTP half of the fake gateway: routing, faults, and the list of what was answered. */
export class FakeServer {
  readonly faults = new FaultPlan();
  readonly answered: FakeRequest[] = [];
  private readonly stopping = new AbortController();
  private readonly server = createServer((request, response) => {
    void this.serve(request, response);
  });

  constructor(private readonly state: FakeState) {}

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async listen(port: number): Promise<void> {
    this.server.listen(port, "127.0.0.1");
    await once(this.server, "listening");
  }

  /** Waiting polls are answered with an empty list; then every connection is closed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const closed = once(this.server, "close");
    this.server.close();
    await new Promise((resolve) => setImmediate(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const path = agentPath(url);
    const method = request.method ?? "GET";
    response.once("close", () => {
      const status = response.writableFinished ? response.statusCode : 0;
      this.answered.push({ method, path, status });
    });
    const fault = this.faults.take(path);
    if (fault === undefined) await this.answer(request, response, url);
    else if (fault.cut !== true) answerFault(response, fault);
    else await this.cut(request, response, url);
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> {
    try {
      send(response, await this.handle(request, response, url));
    } catch (error) {
      sendError(response, error);
    }
  }

  /** The effect happens and the answer is lost; a poll has no effect, so that it need not wait. */
  private async cut(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> {
    if (request.method !== "GET")
      await this.handle(request, response, url).catch(() => undefined);
    response.destroy();
  }

  private async handle(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<Answer> {
    const { route, id } = findRoute(request.method ?? "GET", agentPath(url));
    requireAcceptable(request);
    const signal = this.signalOf(response);
    const call = { request, query: url.searchParams, id, signal };
    return await route.handle(this.state, call);
  }

  /** Aborts when the client goes away or the gateway stops. */
  private signalOf(response: ServerResponse): AbortSignal {
    const gone = new AbortController();
    response.once("close", () => {
      gone.abort();
    });
    return AbortSignal.any([gone.signal, this.stopping.signal]);
  }
}

/** The path below `/api/agent`; empty for everything outside it. */
function agentPath(url: URL): string {
  return url.pathname.startsWith(`${BASE_PATH}/`)
    ? url.pathname.slice(BASE_PATH.length)
    : "";
}

function findRoute(method: string, path: string): { route: Route; id: string } {
  const matching = ROUTES.filter((route) => route.path.test(path));
  const route = matching.find((candidate) => candidate.method === method);
  if (route !== undefined)
    return { route, id: decodeId(route.path.exec(path)?.[1] ?? "") };
  if (matching.length === 0)
    throw new DomainError("not_found", "There is no such endpoint.");
  throw new DomainError(
    "method_not_allowed",
    `${path} does not take ${method}.`,
  );
}

/** What is no percent-encoding stays as it is: no job has such an id. */
function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const FAULT_CODES: Record<number, ErrorCode> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "already_settled",
  429: "too_many_requests",
  503: "unavailable",
};

function answerFault(response: ServerResponse, fault: Fault): void {
  const status = fault.status ?? 503;
  const code = FAULT_CODES[status] ?? "internal";
  if (fault.retryAfterSeconds !== undefined)
    response.setHeader("retry-after", String(fault.retryAfterSeconds));
  sendStatus(response, status, { code, message: "A planned fault." });
}
