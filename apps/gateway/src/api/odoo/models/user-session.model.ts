import { char, datetime, json, many2one } from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

/** Who is signed in as a person, since when and how; without what the browser holds. */
export function userSessionModel(
  organization: OdooModel,
  users: OdooModel,
): OdooModel {
  return new OdooModel({
    name: "vworkspace.user.session",
    label: "Session",
    displayField: "issuer",
    from: `(select s.organization_id, s.id, s.number, s.user_id, i.issuer, i.subject, s.authenticated_at, s.amr, s.created_at, s.expires_at, s.ended_at
      from user_sessions s join user_identities i on i.organization_id = s.organization_id and i.id = s.identity_id)`,
    fields: [
      char("issuer", "Issuer", { help: "The provider that he signed in at." }),
      char("subject", "Subject", {
        help: "The provider's name of the person.",
      }),
      many2one("user_id", "User", users),
      many2one("organization_id", "Organization", organization),
      datetime("authenticated_at", "Authenticated", {
        help: "When he proved himself at the provider; where it doesn't say, when he came from there.",
      }),
      json("amr", "Methods", {
        shape: "texts",
        help: "How he proved himself (RFC 8176), as far as the provider says.",
      }),
      datetime("created_at", "Signed in"),
      datetime("expires_at", "Expires"),
      datetime("ended_at", "Ended", {
        help: "By signing out, by action_revoke, or with the identity's link.",
      }),
    ],
  });
}
