export const ROLES = [
  "reader",
  "operator",
  "approver",
  "admin",
  "bridge",
] as const;
export type Role = (typeof ROLES)[number];

/** Whom an Odoo says that a call was made for; kept and audited as asserted by it, never as proven. */
export interface OnBehalfOf {
  readonly odoo_uid: number;
  readonly login: string;
}

/** Who does something. Every mutation takes one, and its audit entry names it. */
export interface Actor {
  readonly organizationId: string;
  readonly type: "user" | "cluster" | "system";
  /** UUID of the user or cluster; "gateway" for the gateway's own sweeps. */
  readonly id: string;
  /** Login of a user, code of a cluster. */
  readonly name: string;
  readonly onBehalfOf?: OnBehalfOf;
  /** Where the request came from; undefined for what the gateway does by itself. */
  readonly address?: string;
  /** What it came through, where that is to be told apart: the tool of an assistant. */
  readonly via?: { readonly origin: "mcp"; readonly tool: string };
}

/** A signed-in user of the Odoo-shaped API. */
export interface UserActor extends Actor {
  readonly type: "user";
  readonly role: Role;
  /** The integer id that Odoo's clients know the user by. */
  readonly number: number;
  /** The key that it signed in with; undefined for actors that no key stands for. */
  readonly key?: ActorKey;
  /** The session that he is signed in by, where he came as a person by an OpenID provider. */
  readonly session?: ActorSession;
}

/** How and when somebody proved at an OpenID provider that he is himself. */
export interface ActorSession {
  readonly id: string;
  readonly issuer: string;
  readonly authenticatedAt: Date;
  /** Methods (RFC 8176) as the provider names them; it needn't. */
  readonly amr: readonly string[];
  readonly expiresAt: Date;
}

/** What of an API key bounds its user: it narrows the role, and never widens it. */
export interface ActorKey {
  readonly id: string;
  /** See key-scopes.ts. */
  readonly scopes: readonly string[];
  readonly expiresAt: Date | undefined;
}

/** The gateway itself, for an organization: sweeps, expiry, re-issue. */
export function gatewayActor(organizationId: string): Actor {
  return { organizationId, type: "system", id: "gateway", name: "gateway" };
}
