import { ROLES } from "../../../trust/identity/domain/actor";
import { ReadMethods } from "../methods/read.methods";
import { idleRegistry } from "../models/idle-registry";
import {
  mayCall,
  PERMISSIONS,
  reachOf,
  requirePermission,
} from "./permissions";

const reads = new ReadMethods(undefined as never);
const registry = idleRegistry();

/** The table as a reader of the documentation would write it: who may change what. */
const CHANGES = [
  "vworkspace.organization write: admin",
  "vworkspace.cluster create: admin, bridge",
  "vworkspace.cluster write: admin",
  "vworkspace.cluster action_issue_registration_token: admin, bridge",
  "vworkspace.cluster action_revoke: admin, bridge",
  "vworkspace.cluster action_confirm_registration: admin",
  "vworkspace.cluster action_disable: admin, bridge",
  "vworkspace.cluster action_enable: admin, bridge",
  "vworkspace.cluster action_rotate_credentials: admin",
  "res.users create: admin",
  "res.users write: admin",
  "res.users action_issue_api_key: reader (own), operator (own), approver (own), admin",
  "res.users action_link_identity: admin",
  "res.users action_unlink_identity: admin",
  "vworkspace.user.session action_revoke: reader (own), operator (own), approver (own), admin, bridge (own)",
  "vworkspace.api.key action_revoke: reader (own), operator (own), approver (own), admin, bridge (own)",
  "vworkspace.catalog.entry create: admin",
  "vworkspace.catalog.entry write: admin",
  "vworkspace.catalog.entry unlink: admin",
  "vworkspace.policy create: admin",
  "vworkspace.policy write: admin",
  "vworkspace.policy unlink: admin",
  "vworkspace.operation create: operator, admin, bridge",
  "vworkspace.operation write: operator, admin, bridge",
  "vworkspace.operation action_cancel: operator, admin, bridge",
  "vworkspace.operation action_retry: operator, admin, bridge",
  "vworkspace.operation action_approve: approver, admin, bridge",
  "vworkspace.operation action_reject: approver, admin, bridge",
  "vworkspace.operation.schedule create: operator, admin, bridge",
  "vworkspace.operation.schedule write: operator, admin, bridge",
  "vworkspace.operation.schedule unlink: operator, admin, bridge",
  "vworkspace.operation.sequence create: operator, admin, bridge",
  "vworkspace.operation.sequence write: operator, admin, bridge",
  "vworkspace.operation.sequence action_cancel: operator, admin, bridge",
  "vworkspace.operation.sequence action_confirm: operator, admin, bridge",
  "vworkspace.application.instance create: operator, admin, bridge",
  "vworkspace.application.instance write: operator, admin, bridge",
  "vworkspace.application.instance unlink: operator, admin, bridge",
  "vworkspace.application.instance action_delete: operator, admin, bridge",
  "vworkspace.application.instance action_rollback: operator, admin, bridge",
  "vworkspace.application.instance action_suspend: operator, admin, bridge",
  "vworkspace.application.instance action_resume: operator, admin, bridge",
  "vworkspace.catalog.entry upsert: bridge",
  "vworkspace.policy upsert: bridge",
  "vworkspace.policy remove: bridge",
  "vworkspace.application.instance upsert: bridge",
  "vworkspace.application.instance remove: bridge",
  "vworkspace.operation upsert: bridge",
  "vworkspace.odoo.database create: admin",
  "vworkspace.odoo.database write: admin",
  "vworkspace.odoo.database action_issue_pairing_code: admin",
  "vworkspace.odoo.database action_enable: admin",
  "vworkspace.odoo.database action_disable: admin",
  "vworkspace.odoo.database action_unpair: admin",
  "vworkspace.odoo.database pair: bridge",
  "vworkspace.odoo.database status: bridge",
  "vworkspace.odoo.database compare: bridge",
  "vworkspace.odoo.database resend: bridge",
  "vworkspace.odoo.database resend_all: bridge",
  "vworkspace.odoo.database adopt: bridge",
];

describe("the table of permissions", () => {
  it("names exactly the models and methods that there are", () => {
    const existing = registry.models.map(
      ({ model, methods }) =>
        [model.name, Object.keys(methods).sort()] as const,
    );
    const granted = Object.entries(PERMISSIONS).map(
      ([model, grants]) => [model, Object.keys(grants).sort()] as const,
    );
    expect(new Map(granted)).toEqual(new Map(existing));
  });

  it("lets only these roles change anything", () => {
    const harmless = new Set([...Object.keys(reads.methods), "context_get"]);
    const changing = Object.entries(PERMISSIONS).flatMap(([model, grants]) =>
      Object.entries(grants)
        .filter(([method]) => !harmless.has(method))
        .map(([method, roles]) => `${model} ${method}: ${roles.join(", ")}`),
    );
    expect(changing.sort()).toEqual([...CHANGES].sort());
  });

  it("shows the audit log to approvers, admins and bridges, everything else to every role", () => {
    for (const role of ROLES) {
      expect(mayCall(role, "vworkspace.job", "search_read")).toBe(true);
      expect(mayCall(role, "vworkspace.audit.entry", "search_read")).toBe(
        ["approver", "admin", "bridge"].includes(role),
      );
    }
  });

  it("lets who is no admin reach keys of his own only, and a model without owners is nobody's own", () => {
    for (const role of ROLES)
      expect(reachOf(role, "vworkspace.api.key", "read")).toBe(
        role === "admin" ? "all" : "own",
      );
    const owned = registry.models.filter(({ ownedBy }) => ownedBy);
    const names = new Set(owned.map(({ model }) => model.name));
    for (const [model, grants] of Object.entries(PERMISSIONS))
      if (Object.values(grants).flat().join().includes("(own)"))
        expect(names).toContain(model);
  });

  it("is narrowed by the scopes of a key, and never widened", () => {
    const key = { id: "k", scopes: ["read"], expiresAt: undefined };
    const ask = (role: "admin" | "reader", method: string) => () =>
      requirePermission({ role, key }, "vworkspace.cluster", method);
    expect(ask("admin", "search_read")()).toBe("all");
    expect(ask("admin", "create")).toThrow(/scopes/);
    key.scopes = ["all", "models:vworkspace.cluster"];
    expect(ask("reader", "create")).toThrow(/The role reader/);
  });

  it("denies what it doesn't name, also names that objects inherit", () => {
    expect(mayCall("admin", "vworkspace.job", "unlink")).toBe(false);
    expect(mayCall("admin", "constructor", "name")).toBe(false);
    expect(mayCall("admin", "vworkspace.job", "toString")).toBe(false);
  });
});
