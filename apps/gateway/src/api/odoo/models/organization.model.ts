import { char } from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

export function organizationModel(): OdooModel {
  return new OdooModel({
    name: "vworkspace.organization",
    label: "Organization",
    displayField: "name",
    from: "(select id as organization_id, id, number, code, name from organizations)",
    fields: [
      char("code", "Code", {
        isUnique: true,
        help: "Public name of the organization.",
      }),
      char("name", "Name", { isRequired: true, writable: "always" }),
    ],
  });
}
