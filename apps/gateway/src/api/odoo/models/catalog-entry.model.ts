import {
  boolean,
  char,
  json,
  markFields,
  type ModelField,
  ownOrganization,
  selection,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

export function catalogEntryModel(organization: OdooModel): OdooModel {
  return new OdooModel({
    name: "vworkspace.catalog.entry",
    label: "Catalog entry",
    displayField: "name",
    from: "catalog_entries",
    fields: [
      char("code", "Code", {
        isRequired: true,
        isUnique: true,
        writable: "always",
        help: "The catalogId: a DNS label.",
      }),
      char("name", "Name", { isRequired: true, writable: "always" }),
      ownOrganization(organization),
      ...chartFields(),
      boolean("active", "Active", { writable: "always" }),
      ...markFields("on create"),
    ],
  });
}

function chartFields(): readonly ModelField[] {
  return [
    selection("chart_source_type", "Chart source", ["oci", "helm"], {
      writable: "always",
    }),
    char("chart_url", "Chart URL", { isRequired: true, writable: "always" }),
    char("chart_name", "Chart", { isRequired: true, writable: "always" }),
    json("allowed_versions", "Allowed versions", {
      shape: "texts",
      writable: "always",
      help: "Exact versions or ranges; empty for any that policy allows.",
    }),
    char("recommended_version", "Recommended version", {
      writable: "always",
      isNullable: true,
    }),
    json("default_values", "Default values", { writable: "always" }),
    json("values_schema", "Schema of the values", {
      writable: "always",
      isNullable: true,
      help: "JSON Schema.",
    }),
    json("capabilities", "Capabilities", {
      shape: "struct of texts",
      writable: "always",
      help: 'Verb and engines of operations that instances allow, for example {"backup": "velero,snapshot"}.',
    }),
  ];
}
