import { DomainError } from "@vworkspace/kernel";
import type { Role, UserActor } from "../../../trust/identity/domain/actor";
import { coversCall } from "../../../trust/identity/domain/key-scopes";

/** All records of the organization, or the caller's own. */
export type Reach = "all" | "own";
/** A role that may call a method, on its own records only where it says so. */
export type Grant = Role | `${Role} (own)`;
type Grants = Readonly<Record<string, readonly Grant[]>>;

const EVERYONE: readonly Role[] = [
  "reader",
  "operator",
  "approver",
  "admin",
  "bridge",
];
const DEPLOYERS: readonly Role[] = ["operator", "admin", "bridge"];
/** People who may decide on operations themselves. */
export const APPROVERS: readonly Role[] = ["approver", "admin"];
/** A bridge says who decided; whether that counts is said by the organization's approval_trust (approver.decide.ts). */
const DECIDERS: readonly Role[] = [...APPROVERS, "bridge"];
const ADMINS: readonly Role[] = ["admin"];
/** Who brings in clusters and switches them off; what an agent that registers anew needs is an admin's alone. */
const CLUSTER_KEEPERS: readonly Role[] = ["admin", "bridge"];
/** An Odoo, which is a program and no person. */
const BRIDGES: readonly Role[] = ["bridge"];
/** A bridge is a program: an admin issues its keys, so that a stolen one can't make itself another. */
const KEY_ISSUERS: readonly Grant[] = [
  "reader (own)",
  "operator (own)",
  "approver (own)",
  "admin",
];
const KEY_HOLDERS: readonly Grant[] = [...KEY_ISSUERS, "bridge (own)"];

function to(roles: readonly Grant[], ...methods: readonly string[]): Grants {
  return Object.fromEntries(methods.map((method) => [method, roles]));
}

function readsTo(roles: readonly Grant[]): Grants {
  return to(
    roles,
    "search",
    "search_count",
    "search_read",
    "name_search",
    "read_group",
    "read",
    "fields_get",
    "default_get",
  );
}

/** Who may call what: model, method, roles. What isn't here nobody may. Every skin asks {@link requirePermission}. */
export const PERMISSIONS: Readonly<Record<string, Grants>> = {
  "vworkspace.organization": {
    ...readsTo(EVERYONE),
    ...to(ADMINS, "write"),
  },
  "vworkspace.cluster": {
    ...readsTo(EVERYONE),
    ...to(
      CLUSTER_KEEPERS,
      "create",
      "action_issue_registration_token",
      "action_revoke",
      "action_disable",
      "action_enable",
    ),
    ...to(
      ADMINS,
      "write",
      "action_confirm_registration",
      "action_rotate_credentials",
    ),
  },
  "vworkspace.catalog.entry": {
    ...readsTo(EVERYONE),
    ...to(ADMINS, "create", "write", "unlink"),
    ...to(BRIDGES, "upsert"),
  },
  "vworkspace.policy": {
    ...readsTo(EVERYONE),
    ...to(ADMINS, "create", "write", "unlink"),
    ...to(BRIDGES, "upsert", "remove"),
  },
  "vworkspace.application.instance": {
    ...readsTo(EVERYONE),
    ...to(
      DEPLOYERS,
      "create",
      "write",
      "unlink",
      "action_delete",
      "action_rollback",
      "action_suspend",
      "action_resume",
    ),
    ...to(BRIDGES, "upsert", "remove"),
  },
  "vworkspace.operation": {
    ...readsTo(EVERYONE),
    ...to(DEPLOYERS, "create", "write", "action_cancel", "action_retry"),
    ...to(DECIDERS, "action_approve", "action_reject"),
    ...to(BRIDGES, "upsert"),
  },
  "vworkspace.operation.schedule": {
    ...readsTo(EVERYONE),
    ...to(DEPLOYERS, "create", "write", "unlink"),
  },
  "vworkspace.operation.sequence": {
    ...readsTo(EVERYONE),
    ...to(DEPLOYERS, "create", "write", "action_cancel", "action_confirm"),
  },
  "vworkspace.job": readsTo(EVERYONE),
  "vworkspace.event": readsTo(EVERYONE),
  "vworkspace.audit.entry": readsTo(["approver", "admin", "bridge"]),
  "res.users": {
    ...readsTo(EVERYONE),
    ...to(EVERYONE, "context_get"),
    ...to(ADMINS, "create", "write"),
    ...to(KEY_ISSUERS, "action_issue_api_key"),
    ...to(ADMINS, "action_link_identity", "action_unlink_identity"),
  },
  "vworkspace.api.key": {
    ...readsTo(KEY_HOLDERS),
    ...to(KEY_HOLDERS, "action_revoke"),
  },
  "vworkspace.user.identity": readsTo(KEY_HOLDERS),
  "vworkspace.user.session": {
    ...readsTo(KEY_HOLDERS),
    ...to(KEY_HOLDERS, "action_revoke"),
  },
  "vworkspace.odoo.database": {
    ...readsTo([...ADMINS, "bridge (own)"]),
    ...to(
      ADMINS,
      "create",
      "write",
      "action_issue_pairing_code",
      "action_enable",
      "action_disable",
      "action_unpair",
    ),
    ...to(
      BRIDGES,
      "pair",
      "status",
      "compare",
      "resend",
      "resend_all",
      "adopt",
    ),
  },
  "ir.model": readsTo(EVERYONE),
};

/** Which records a role may reach by a method; undefined: it may not call it. */
export function reachOf(
  role: Role,
  model: string,
  method: string,
): Reach | undefined {
  const grants = grantsOf(model, method);
  if (grants.includes(role)) return "all";
  return grants.includes(`${role} (own)`) ? "own" : undefined;
}

export function mayCall(role: Role, model: string, method: string): boolean {
  return reachOf(role, model, method) !== undefined;
}

/** Whether a caller may call a method at all, by role and key. */
export function isPermitted(
  { role, key }: Pick<UserActor, "role" | "key">,
  model: string,
  method: string,
): boolean {
  const isCovered = key === undefined || coversCall(key.scopes, model, method);
  return isCovered && mayCall(role, model, method);
}

/** @throws DomainError forbidden, naming the roles that may, or the scopes of the key that doesn't */
export function requirePermission(
  actor: Pick<UserActor, "role" | "key">,
  model: string,
  method: string,
): Reach {
  const { role, key } = actor;
  const reach = reachOf(role, model, method);
  if (reach === undefined) {
    const grants = grantsOf(model, method);
    throw new DomainError(
      "forbidden",
      grants.length === 0
        ? `Nobody may call ${method} on ${model}.`
        : `The role ${role} may not call ${method} on ${model}; it takes ${grants.join(" or ")}.`,
    );
  }
  if (key !== undefined && !coversCall(key.scopes, model, method))
    throw new DomainError(
      "forbidden",
      `The key's scopes (${key.scopes.join(", ")}) don't cover ${method} on ${model}: use another key of the same user.`,
    );
  return reach;
}

function grantsOf(model: string, method: string): readonly Grant[] {
  const grants = Object.hasOwn(PERMISSIONS, model) ? PERMISSIONS[model] : {};
  return grants && Object.hasOwn(grants, method) ? (grants[method] ?? []) : [];
}
