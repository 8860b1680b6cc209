import type { FastifyReply, FastifyRequest } from "fastify";
import type { DpopNonces } from "../../trust/dpop/dpop-nonces";

/**
 * Every answer to a request with a DPoP proof carries the nonce for the next one (RFC 9449 §8.2), whatever it says. It is
 * added when the answer leaves: one that was given out before a poll waited might be over.
 */
export function dpopNonceHook(nonces: DpopNonces) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> => {
    if (request.headers["dpop"] === undefined) return;
    // Where the database can't be asked for it, the answer says so already, or is good without.
    const set = await nonces.get().catch(() => undefined);
    if (set !== undefined) void reply.header("dpop-nonce", set.current);
  };
}
