import { createParamDecorator, type ExecutionContext } from "@nestjs/common";
import {
  eventBatchSchema,
  isStorable,
  LIMITS,
  parseJson,
  parseMessage,
} from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { ClusterPrincipal } from "../../fleet/clusters/domain/cluster";
import type { PresentedProof } from "../../fleet/clusters/domain/presented-proof";
import type { PollRequest } from "../../delivery/pull/poll.service";

/** A request after its guards: who sent it is known. */
export interface AgentRequest extends FastifyRequest {
  principal: ClusterPrincipal;
  proof: PresentedProof;
}

/** The token of `Authorization: Bearer <token>` (RFC 6750 §2.1) or of the scheme DPoP (RFC 9449 §7.1), if any. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^(?:Bearer|DPoP) +([^\s]+) *$/i.exec(
    request.headers.authorization ?? "",
  )?.[1];
}

/** The cluster that sent the request. */
export const Principal = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<AgentRequest>().principal,
);

/** What the request proved besides its token. */
export const Proof = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<AgentRequest>().proof,
);

/** The request as its limits see it. */
export const Visiting = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<FastifyRequest>().visit,
);

/** The registration token of the Authorization header. */
export const Bearer = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    bearerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** A schema, wrapped: Nest takes whatever has a `transform` for a pipe, and a bare zod schema has one. */
export type SchemaOf = () => z.ZodType;

/** The body, read by a schema of the contract. @throws DomainError malformed_json or invalid_request, naming the field */
export const Body = createParamDecorator(
  (schemaOf: SchemaOf, context: ExecutionContext): unknown => {
    const schema = schemaOf();
    const body = context.switchToHttp().getRequest<FastifyRequest>().body;
    const message = parseMessage(schema, readJson(body));
    if (!message.ok)
      throw new DomainError("invalid_request", `${message.reason}.`);
    // Events are judged one by one, so that a bad one does not lose its batch.
    if (schema !== eventBatchSchema && !isStorable(message.value)) {
      throw new DomainError(
        "invalid_request",
        "The body holds U+0000 or a lone surrogate: leave such characters out.",
      );
    }
    return message.value;
  },
);

function readJson(body: unknown): unknown {
  const parsed = parseJson(
    Buffer.isBuffer(body) && body.length > 0 ? body : Buffer.from("{}"),
  );
  if (!parsed.ok) throw new DomainError("malformed_json", parsed.reason);
  return parsed.value;
}

/** The wait of a poll; a client that goes away ends it. @throws DomainError invalid_request, forbidden */
export const Poll = createParamDecorator(
  (_: unknown, context: ExecutionContext): PollRequest => {
    const http = context.switchToHttp();
    const request = http.getRequest<AgentRequest>();
    const query = request.query as Record<string, unknown>;
    if (typeof query["cluster"] !== "string" || query["cluster"] === "") {
      throw new DomainError(
        "invalid_request",
        "cluster is missing: name the cluster as ?cluster=ID.",
      );
    }
    if (query["cluster"] !== request.principal.clusterCode) {
      throw new DomainError(
        "forbidden",
        `cluster is "${query["cluster"].slice(0, 80)}": the token is of another cluster.`,
      );
    }
    return {
      waitMs: waitMs(query["wait"]),
      resume: query["resume"] === "true",
      signal: goneSignal(http.getResponse<FastifyReply>()),
    };
  },
);

/** Aborts when the client goes away; it may have gone already, while its token was looked up. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  if (reply.raw.closed || reply.raw.destroyed) gone.abort();
  return gone.signal;
}

/** Seconds asked for, as milliseconds: junk falls back to the default, and the longest is answered a little early. */
function waitMs(text: unknown): number {
  const isNumber = typeof text === "string" && /^[0-9]{1,9}$/.test(text);
  const seconds = isNumber ? Number(text) : LIMITS.waitDefaultSeconds;
  return (
    Math.min(seconds, LIMITS.waitMaxSeconds - LIMITS.waitMarginSeconds) * 1000
  );
}
