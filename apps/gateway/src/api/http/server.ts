import type { Socket } from "node:net";
import {
  FastifyAdapter,
  type NestFastifyApplication,
} from "@nestjs/platform-fastify";
import { LIMITS } from "@vworkspace/contract";
import { isLoopback, newId } from "@vworkspace/kernel";
import { type FastifyReply, type FastifyRequest, LogController } from "fastify";
import type { Logger } from "pino";
import { Histogram } from "prom-client";
import { DpopNonces } from "../../trust/dpop/dpop-nonces";
import { dpopNonceHook } from "../agent/dpop-nonce.hook";
import { Admission } from "../limits/admission.service";
import { limitRequests } from "../limits/limit-hooks";
import { LimitedRequests } from "../limits/limited-requests.service";
import type { Limits } from "../limits/limits.table";
import { refuse } from "./refuse";
import type { TrustedProxies } from "./trusted-proxies";

const BODY_TIMEOUT_MS = 30_000;
const HEADER_BYTES = 16 * 1024;
const KEEP_ALIVE_MS = 75_000;
/** How long headers may take, and how often it is looked whether they or a body took too long. */
const HEADER_TIMEOUT_MS = 10_000;
const CHECK_MS = 2_000;

const durations = new Histogram({
  name: "vworkspace_http_request_seconds",
  help: "Time of HTTP requests by method, route and status; waiting polls included.",
  labelNames: ["method", "route", "status"],
  buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300],
});

/** Limits of a server in front of the same routes. */
export const SERVER_LIMITS = {
  requestTimeout: BODY_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  maxHeaderSize: HEADER_BYTES,
  headersTimeout: HEADER_TIMEOUT_MS,
  connectionsCheckingInterval: CHECK_MS,
  handshakeTimeout: HEADER_TIMEOUT_MS,
} as const;

/** The HTTP server with its limits. Every body arrives as a Buffer: each skin decodes its own. */
export function httpAdapter(
  logger: Logger,
  isTrustedProxy: TrustedProxies,
): FastifyAdapter {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    // A HEAD of the jobs would offer them to nobody.
    exposeHeadRoutes: false,
    bodyLimit: LIMITS.bodyBytes,
    // X-Forwarded-For is read from the right, for as long as who wrote it is one of these.
    trustProxy: isTrustedProxy,
    requestTimeout: BODY_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: "idle",
    http: {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: HEADER_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_MS,
    },
    // A path that can't be decoded, or with an id that is too long, never reaches a route.
    frameworkErrors: refuse,
    routerOptions: { maxParamLength: 512 },
  });
  return adapter;
}

export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly limits: Limits;
  readonly agents: { readonly trustedProxies: TrustedProxies };
}

/** Parsers, limits of connections, and one log line per request. To be called before the application is initialised. */
export function prepareServer(
  app: NestFastifyApplication,
  limits: ConnectionLimits,
): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    "*",
    { parseAs: "buffer" },
    (
      _request: unknown,
      body: Buffer,
      done: (error: null, body: Buffer) => void,
    ) => done(null, body),
  );
  fastify.addHook(
    "onRequest",
    (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      void reply
        .header("x-request-id", request.id)
        .header("x-content-type-options", "nosniff");
      done();
    },
  );
  limitRequests(fastify, {
    admission: app.get(Admission),
    limited: app.get(LimitedRequests),
    routes: limits.limits.routes,
    maxRequestsPerAddress: limits.maxConnectionsPerAddress,
  });
  fastify.addHook("onSend", dpopNonceHook(app.get(DpopNonces)));
  fastify.addHook(
    "onResponse",
    (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      logRequest(request, reply);
      done();
    },
  );
  limitConnections(app.getHttpServer(), limits);
}

interface LimitedServer {
  maxConnections: number;
  on(event: "connection", listener: (socket: Socket) => void): unknown;
}

export function limitConnections(
  server: LimitedServer,
  limits: ConnectionLimits,
): void {
  server.maxConnections = limits.maxConnections;
  server.on("connection", limitPerAddress(limits));
}

/** Of addresses that are neither this machine nor a trusted proxy: who comes through one is counted by his requests. */
function limitPerAddress({
  maxConnectionsPerAddress: most,
  agents,
}: ConnectionLimits): (socket: Socket) => void {
  const open = new Map<string, number>();
  return (socket) => {
    const address = socket.remoteAddress ?? "";
    if (isLoopback(address.replace(/^::ffff:/, ""))) return;
    if (agents.trustedProxies(address)) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > most) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  };
}

/** Neither query strings nor headers nor bodies: they may hold what nobody should read. */
function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const route = request.routeOptions.url ?? "unmatched";
  const { method } = request;
  durations.observe(
    { method, route, status: String(reply.statusCode) },
    reply.elapsedTime / 1000,
  );
  const line = {
    method,
    route,
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime),
    address: request.ip,
  };
  if (reply.statusCode >= 500) request.log.error(line, "request");
  else if (reply.statusCode >= 400) request.log.info(line, "request");
  else request.log.debug(line, "request");
}
