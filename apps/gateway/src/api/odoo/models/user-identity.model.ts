import { char, datetime, many2one } from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

/** Which person of an OpenID provider is which user; made and ended by actions of `res.users`. */
export function userIdentityModel(
  organization: OdooModel,
  users: OdooModel,
): OdooModel {
  return new OdooModel({
    name: "vworkspace.user.identity",
    label: "Linked identity",
    displayField: "subject",
    from: `(select organization_id, id, number, user_id, issuer, subject, linked_at, linked_by, ended_at from user_identities)`,
    fields: [
      char("issuer", "Issuer", { help: "The provider." }),
      char("subject", "Subject", {
        help: "The provider's name of the person, which never changes.",
      }),
      many2one("user_id", "User", users),
      many2one("organization_id", "Organization", organization),
      many2one("linked_by", "Linked by", users, {
        help: "Not set: by the gateway's operator.",
      }),
      datetime("linked_at", "Linked"),
      datetime("ended_at", "Ended"),
    ],
  });
}
