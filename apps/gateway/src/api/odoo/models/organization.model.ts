import { APPROVAL_TRUSTS } from "../../../trust/identity/domain/organization-rules";
import { char, selection } from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

export function organizationModel(): OdooModel {
  return new OdooModel({
    name: "vworkspace.organization",
    label: "Organization",
    displayField: "name",
    from: "(select id as organization_id, id, number, code, name, approval_trust from organizations)",
    fields: [
      char("code", "Code", {
        isUnique: true,
        help: "Public name of the organization.",
      }),
      char("name", "Name", { isRequired: true, writable: "always" }),
      selection("approval_trust", "Whose approvals count", APPROVAL_TRUSTS, {
        help: "personal: of whoever is known here himself; odoo: also those that a bridge says somebody gave. Set by an operator (`vworkspace organization approval-trust`).",
      }),
    ],
  });
}
