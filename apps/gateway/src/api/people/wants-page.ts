import type { FastifyRequest } from "fastify";

/** Whether somebody looks at the answer with a browser. */
export function wantsPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes("text/html") ?? false;
}
