import { char, datetime, json, many2one } from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

/** What clusters reported, newest first. */
export function eventModel(
  organization: OdooModel,
  cluster: OdooModel,
): OdooModel {
  return new OdooModel({
    name: "vworkspace.event",
    label: "Event",
    displayField: "kind",
    from: "events",
    defaultOrder: (alias) => `${alias}.id desc`,
    fields: [
      char("event_key", "Event key"),
      many2one("organization_id", "Organization", organization),
      many2one("cluster_id", "Cluster", cluster),
      char("kind", "Kind"),
      char("resource_kind", "Resource kind"),
      char("resource_namespace", "Namespace"),
      char("resource_name", "Resource"),
      json("conditions", "Conditions", {
        shape: "list",
        sql: (alias) => `${alias}.body -> 'conditions'`,
      }),
      datetime("timestamp", "Time"),
      datetime("received_at", "Received", { isTimeOfId: true }),
    ],
  });
}
