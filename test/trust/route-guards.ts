import type { Route } from "./listed-gateway";

/** What stands before a route: nothing (anybody may ask), or who must prove what. */
export type Guard =
  | "public"
  | "cluster"
  | "registration"
  | "api-key"
  | "bearer-key"
  | "session"
  | "approver"
  | "metrics";

const GUARDS: readonly (readonly [prefix: string, guard: Guard])[] = [
  ["POST /api/agent/register", "registration"],
  ["POST /api/agent/", "cluster"],
  ["GET /api/agent/", "cluster"],
  ["POST /xmlrpc/", "api-key"],
  ["POST /jsonrpc", "api-key"],
  ["POST /json/2/", "api-key"],
  ["GET /doc-bearer/", "api-key"],
  ["GET /web/version", "public"],
  ["POST /mcp", "bearer-key"],
  ["GET /mcp", "bearer-key"],
  ["DELETE /mcp", "bearer-key"],
  ["POST /web/webclient/version_info", "public"],
  ["POST /web/database/list", "public"],
  ["GET /health/", "public"],
  ["GET /.well-known/", "public"],
  ["GET /metrics", "metrics"],
  ["GET /login", "public"],
  ["GET /me", "session"],
  ["POST /logout", "session"],
  ["GET /approvals/", "approver"],
  ["POST /approvals/", "approver"],
];

/** Undefined for a route that nobody has thought about here: then the matrix fails. */
export function guardOf({ method, path }: Route): Guard | undefined {
  const said = `${method} ${path}`;
  return GUARDS.find(([prefix]) => said.startsWith(prefix))?.[1];
}
