import { DomainError } from "@vworkspace/kernel";
import type { Role } from "../../../trust/identity/domain/actor";

type Grants = Readonly<Record<string, readonly Role[]>>;

const EVERYONE: readonly Role[] = [
  "reader",
  "operator",
  "approver",
  "admin",
  "bridge",
];
const DEPLOYERS: readonly Role[] = ["operator", "admin", "bridge"];
const ADMINS: readonly Role[] = ["admin"];

function to(roles: readonly Role[], ...methods: readonly string[]): Grants {
  return Object.fromEntries(methods.map((method) => [method, roles]));
}

function readsTo(roles: readonly Role[]): Grants {
  return to(
    roles,
    "search",
    "search_count",
    "search_read",
    "read",
    "fields_get",
    "default_get",
  );
}

/** Who may call what: model, method, roles. What isn't here nobody may. Every skin asks {@link requirePermission}. */
export const PERMISSIONS: Readonly<Record<string, Grants>> = {
  "vworkspace.organization": readsTo(EVERYONE),
  "vworkspace.cluster": {
    ...readsTo(EVERYONE),
    ...to(
      ADMINS,
      "create",
      "write",
      "action_issue_registration_token",
      "action_revoke",
      "action_disable",
      "action_enable",
      "action_rotate_credentials",
    ),
  },
  "vworkspace.catalog.entry": {
    ...readsTo(EVERYONE),
    ...to(ADMINS, "create", "write", "unlink"),
  },
  "vworkspace.policy": {
    ...readsTo(EVERYONE),
    ...to(ADMINS, "create", "write", "unlink"),
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
  },
  "vworkspace.job": readsTo(EVERYONE),
  "vworkspace.event": readsTo(EVERYONE),
  "vworkspace.audit.entry": readsTo(["approver", "admin"]),
  "res.users": { ...readsTo(EVERYONE), ...to(EVERYONE, "context_get") },
  "ir.model": readsTo(EVERYONE),
};

export function mayCall(role: Role, model: string, method: string): boolean {
  return rolesOf(model, method).includes(role);
}

/** @throws DomainError forbidden, naming the roles that may */
export function requirePermission(
  role: Role,
  model: string,
  method: string,
): void {
  if (mayCall(role, model, method)) return;
  const roles = rolesOf(model, method);
  throw new DomainError(
    "forbidden",
    roles.length === 0
      ? `Nobody may call ${method} on ${model}.`
      : `The role ${role} may not call ${method} on ${model}; it takes ${roles.join(" or ")}.`,
  );
}

function rolesOf(model: string, method: string): readonly Role[] {
  const grants = Object.hasOwn(PERMISSIONS, model) ? PERMISSIONS[model] : {};
  return grants && Object.hasOwn(grants, method) ? (grants[method] ?? []) : [];
}
