import type { ReferencedModel } from "../domain/synced-model";

/** Where records are that an Odoo has a name of its own for. */
export const TABLE_OF: Readonly<Record<ReferencedModel, string>> = {
  "vworkspace.catalog.entry": "catalog_entries",
  "vworkspace.policy": "policies",
  "vworkspace.application.instance": "application_instances",
  "vworkspace.operation": "operations",
};
