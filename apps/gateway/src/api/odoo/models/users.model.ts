import { ROLES } from "../../../trust/identity/domain/actor";
import { boolean, char, many2one, selection } from "../registry/model-field";
import type { ModelMethod } from "../registry/model-method";
import { OdooModel } from "../registry/odoo-model";

/** Users of the caller's own organization, under the name that Odoo's clients ask for. */
export function usersModel(organization: OdooModel): OdooModel {
  return new OdooModel({
    name: "res.users",
    label: "User",
    displayField: "name",
    from: "users",
    fields: [
      char("login", "Login", {
        isRequired: true,
        writable: "on create",
        help: "Name to log in with; it can't be changed.",
      }),
      char("name", "Name", {
        writable: "always",
        help: "The login where a create doesn't give one.",
      }),
      selection("role", "Role", ROLES, {
        isRequired: true,
        writable: "always",
        help: "Nobody changes his own.",
      }),
      boolean("active", "Active", {
        writable: "always",
        help: "Keys of who isn't active open nothing. Nobody changes his own.",
      }),
      many2one("organization_id", "Organization", organization),
    ],
  });
}

/** The first thing that Odoo's Python clients ask for after they signed in. */
export const contextGet: ModelMethod = {
  parameters: [],
  takesIds: false,
  run: ({ actor }) =>
    Promise.resolve({ lang: "en_US", tz: false, uid: actor.number }),
};
