import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import { AuditStore } from "../audit/domain/audit-store";
import type { Role, UserActor } from "./domain/actor";
import { requireLogin } from "./domain/login-rules";
import { type UserRecord, UserStore } from "./domain/user-store";

export interface UserChanges {
  readonly name?: string;
  readonly role?: Role;
  readonly active?: boolean;
}

/** Users as their organization's admins make and change them. Who may call it says the table of permissions. */
@Injectable()
export class UserAdminService {
  /** @throws DomainError validation_failed, already_exists */
  async create(
    stores: Stores,
    actor: UserActor,
    user: {
      readonly login: string;
      readonly name: string;
      readonly role: Role;
    },
  ): Promise<string> {
    requireLogin(user.login);
    requireName(user.name);
    const { organizationId } = actor;
    const made = await stores
      .get(UserStore)
      .ensureUser({ ...user, organizationId, id: newId() });
    if (!made.isNew)
      throw new DomainError(
        "already_exists",
        `login is "${user.login}": there is such a user already; change that one, or choose another login.`,
      );
    await stores.get(AuditStore).append(actor, {
      action: "user.create",
      subject: { type: "user", id: made.id },
      detail: { role: user.role },
    });
    return made.id;
  }

  /**
   * Nobody changes the role or the state of himself, so that nobody raises himself and there is always another admin.
   * @throws DomainError not_found, forbidden, conflict (the last admin), validation_failed
   */
  async change(
    stores: Stores,
    actor: UserActor,
    id: string,
    changes: UserChanges,
  ): Promise<void> {
    const users = stores.get(UserStore);
    // Before the user's own row: everybody who takes both takes them in this order.
    const admins = await users.lockActiveAdmins();
    const before = await users.lockUser(id);
    if (!before) throw new DomainError("not_found", "There is no such user.");
    const after: UserRecord = { ...before, ...changes };
    const changed = differences(before, after);
    if (Object.keys(changed).length === 0) return;
    requireName(after.name);
    refuseOwn(actor, id, changed);
    refuseLastAdmin(admins, after);
    await users.saveUser(after);
    await stores.get(AuditStore).append(actor, {
      action: "user.write",
      subject: { type: "user", id },
      detail: auditable(changed),
    });
  }
}

function differences(before: UserRecord, after: UserRecord): UserChanges {
  return {
    ...(before.name === after.name ? {} : { name: after.name }),
    ...(before.role === after.role ? {} : { role: after.role }),
    ...(before.active === after.active ? {} : { active: after.active }),
  };
}

/** A name is personal: the log tells only that it changed. */
function auditable({ name, ...rest }: UserChanges): Record<string, unknown> {
  return { ...rest, ...(name === undefined ? {} : { name_changed: true }) };
}

function refuseOwn(actor: UserActor, id: string, changed: UserChanges): void {
  if (actor.id !== id) return;
  if (changed.role === undefined && changed.active === undefined) return;
  throw new DomainError(
    "forbidden",
    "Nobody changes his own role or deactivates himself: ask another admin.",
  );
}

function refuseLastAdmin(admins: readonly string[], after: UserRecord): void {
  const staysAdmin = after.role === "admin" && after.active;
  if (staysAdmin || admins.some((id) => id !== after.id)) return;
  throw new DomainError(
    "conflict",
    "This is the organization's last active admin: make another one first.",
  );
}

function requireName(name: string): void {
  if (name.trim() === "" || name.length > 128)
    throw new DomainError(
      "validation_failed",
      "name must have 1 to 128 characters.",
    );
}
