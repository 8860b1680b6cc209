import {
  createMcpHandler,
  isLegacyRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Of a request, the protocol sees these, and never a key. */
const SEEN_HEADERS = /^(accept|content-type|mcp-[a-z-]+)$/;
const TOLD_HEADERS = ["content-type", "allow"] as const;

/**
 * One request of streamable HTTP, without a session: revisions until 2025 (initialize, tools/list, tools/call, each by itself)
 * and from 2026 on (server/discover) alike. Nothing streams: every answer is one JSON text.
 * @param body read already, within limits
 */
export async function serveOnce(
  server: Server,
  request: FastifyRequest,
  body: unknown,
): Promise<Response> {
  // Of a session, which there is none of.
  if (request.method !== "POST")
    return new Response(null, { status: 405, headers: { allow: "POST" } });
  const seen = new Request(`http://gateway${request.url}`, {
    method: request.method,
    headers: seenHeaders(request),
    signal: request.visit.signal,
  });
  // Refusals come here too, and their words may quote what was sent: kept of failures only.
  let failure: Error | undefined;
  const onerror = (error: Error) => (failure = error);
  const serve = (await isLegacyRequest(seen, body)) ? serveOld : serveNew;
  const answer = await serve(server, seen, { body, onerror });
  if (answer.status >= 500)
    request.log.error({ err: failure }, "an MCP request failed");
  return answer;
}

interface Reading {
  readonly body: unknown;
  readonly onerror: (error: Error) => void;
}

async function serveOld(
  server: Server,
  seen: Request,
  { body, onerror }: Reading,
): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: true,
  });
  server.onerror = onerror;
  await server.connect(transport);
  try {
    return await transport.handleRequest(seen, { parsedBody: body });
  } finally {
    await server.close();
  }
}

function serveNew(
  server: Server,
  seen: Request,
  { body, onerror }: Reading,
): Promise<Response> {
  const handler = createMcpHandler(() => server, {
    legacy: "reject",
    // What never changes by itself is nothing to listen to.
    maxSubscriptions: 0,
    onerror,
  });
  return handler.fetch(seen, { parsedBody: body });
}

function seenHeaders({ headers }: FastifyRequest): Headers {
  const seen = new Headers();
  for (const [name, value] of Object.entries(headers))
    if (SEEN_HEADERS.test(name) && value !== undefined)
      seen.set(name, [value].flat().join(", "));
  return seen;
}

export async function sendAnswer(
  reply: FastifyReply,
  answer: Response,
): Promise<void> {
  void reply.status(answer.status).header("cache-control", "no-store");
  for (const name of TOLD_HEADERS) {
    const value = answer.headers.get(name);
    if (value !== null) void reply.header(name, value);
  }
  await reply.send(await answer.text());
}
