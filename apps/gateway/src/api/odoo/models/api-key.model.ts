import { char, datetime, json, many2one } from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

/** API keys without the keys: those are shown once, by `action_issue_api_key` of their user. */
export function apiKeyModel(
  organization: OdooModel,
  users: OdooModel,
): OdooModel {
  return new OdooModel({
    name: "vworkspace.api.key",
    label: "API key",
    displayField: "prefix",
    from: `(select organization_id, id, number, user_id, issued_by, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at from api_keys)`,
    fields: [
      char("prefix", "Prefix", { help: "What the key begins with." }),
      char("name", "Name", { help: "What it is for." }),
      many2one("user_id", "User", users),
      many2one("organization_id", "Organization", organization),
      json("scopes", "Scopes", {
        shape: "texts",
        help: "What it may be used for: all, read, read:MODEL, models:MODEL. It narrows what its user's role may.",
      }),
      many2one("issued_by", "Issued by", users, {
        help: "Not set: by the gateway's operator.",
      }),
      datetime("created_at", "Created"),
      datetime("expires_at", "Expires", { help: "Not set: never." }),
      datetime("last_used_at", "Last used", { help: "To the minute." }),
      datetime("revoked_at", "Revoked"),
    ],
  });
}
