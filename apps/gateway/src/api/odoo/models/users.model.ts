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
      char("login", "Login"),
      char("name", "Name"),
      selection("role", "Role", ROLES),
      boolean("active", "Active"),
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
