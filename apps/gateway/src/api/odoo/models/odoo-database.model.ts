import {
  DATABASE_STATES,
  ODOO_PROTOCOLS,
} from "../../../observed/odoo-sync/domain/odoo-database";
import {
  char,
  datetime,
  integer,
  json,
  type ModelField,
  many2one,
  ownOrganization,
  selection,
  text,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

/** What of the outbox is asked for only where it is read. */
function ofOutbox(select: string, condition: string) {
  return (alias: string) =>
    `(select ${select} from odoo_outbox o where o.organization_id = ${alias}.organization_id and o.database_id = ${alias}.id and ${condition})`;
}

/** An Odoo that is paired with the organization, or may be. */
export function odooDatabaseModel(
  organization: OdooModel,
  users: OdooModel,
): OdooModel {
  return new OdooModel({
    name: "vworkspace.odoo.database",
    label: "Odoo database",
    displayField: "name",
    from: "odoo_databases",
    fields: [
      char("name", "Name", { isRequired: true, writable: "always" }),
      ownOrganization(organization),
      selection("state", "State", DATABASE_STATES, {
        help: "disabled: it is told nothing, and its bridge may only ask for its status.",
      }),
      selection("protocol", "Protocol", ODOO_PROTOCOLS, {
        writable: "always",
        help: "auto: JSON-2 where the server has it (19 and later), else XML-RPC.",
      }),
      many2one("user_id", "Bridge user", users, {
        help: "Bound by the pairing; its calls name this Odoo's database_uuid.",
      }),
      char("database_uuid", "UUID of the database", {
        help: "Odoo's parameter database.uuid.",
      }),
      char("url", "Address", { help: "As the Odoo said when it was paired." }),
      char("database", "Database"),
      char("login", "Login", { help: "Of Odoo's bridge user." }),
      ...deliveryFields(),
    ],
  });
}

function deliveryFields(): readonly ModelField[] {
  return [
    char("epoch", "Epoch", {
      help: "Sequences count within it; another one begins when either side was restored from a backup.",
    }),
    integer("backlog", "Backlog", {
      sql: ofOutbox("count(*)", "o.status = 'waiting'"),
      help: "Records that it has yet to be told of.",
    }),
    integer("held", "Not taken", {
      sql: ofOutbox("count(*)", "o.status <> 'waiting'"),
      help: "Records that it did not take; each waits for its next change.",
    }),
    datetime("oldest_waiting_at", "Oldest waiting since", {
      sql: ofOutbox("min(o.queued_at)", "o.status = 'waiting'"),
    }),
    datetime("last_delivered_at", "Last delivered"),
    text("last_error", "Last error", {
      help: "Of the newest try; empty where that went well.",
    }),
    datetime("next_try_at", "Left alone until", {
      help: "After a failure; at most 20 seconds.",
    }),
    datetime("last_compared_at", "Last compared"),
    json("last_comparison", "Report of the comparisons", {
      help: "By model: pages that were given, pages that differed, records that it doesn't know; under epoch what a restore was known by.",
    }),
  ];
}
