import { APPROVAL_TRUSTS } from "../../../trust/identity/domain/organization-rules";
import {
  boolean,
  char,
  integer,
  json,
  markFields,
  type ModelField,
  many2one,
  ownOrganization,
  selection,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

export function policyModel(
  organization: OdooModel,
  cluster: OdooModel,
): OdooModel {
  return new OdooModel({
    name: "vworkspace.policy",
    label: "Policy",
    displayField: "name",
    from: "policies",
    fields: [
      char("name", "Name", { isRequired: true, writable: "always" }),
      ownOrganization(organization),
      many2one("cluster_id", "Cluster", cluster, {
        writable: "always",
        isNullable: true,
        help: "Not set: the policy is for all clusters.",
      }),
      ...listFields(),
      ...approvalFields(),
      integer("max_instances", "Instances at most", {
        writable: "always",
        isNullable: true,
        help: "Not set: no limit.",
      }),
      char("version_constraint", "Version constraint", {
        writable: "always",
        isNullable: true,
        help: 'A semver range, for example ">=1.2.0 <2.0.0".',
      }),
      ...markFields("on create"),
    ],
  });
}

function listFields(): readonly ModelField[] {
  const texts = (name: string, label: string, help: string) =>
    json(name, label, { shape: "texts", writable: "always", help });
  return [
    texts(
      "allowed_namespaces",
      "Allowed namespaces",
      "Names, or patterns with *; an empty list allows none.",
    ),
    texts(
      "allowed_catalog_codes",
      "Allowed catalog entries",
      "Codes, or patterns with *; an empty list allows none.",
    ),
    texts(
      "allowed_chart_url_prefixes",
      "Allowed chart URLs",
      "What a chart's URL begins with; an empty list allows none.",
    ),
    texts(
      "allowed_operations",
      "Allowed operations",
      "Type/engine, for example Backup/velero, Restore/* or */*; an empty list allows backups only.",
    ),
    texts(
      "require_approval_for",
      "Approval is needed for",
      "Type/engine, as for allowed operations; an empty list needs none.",
    ),
    json("maintenance_windows", "Maintenance windows", {
      shape: "list",
      writable: "always",
      help: 'When operations other than backups, and changes of instances, may begin: [{"cron": "0 2 * * 6", "duration_minutes": 120, "timezone": "Europe/Vienna"}]; an empty list means always.',
    }),
  ];
}

function approvalFields(): readonly ModelField[] {
  return [
    boolean("four_eyes", "Four eyes", {
      writable: "always",
      help: "Who asked for an operation can't approve it; no agent takes such an approval anyway.",
    }),
    boolean("confirm_registration", "Registrations are confirmed", {
      writable: "always",
      help: "A cluster that registers gets no jobs until an admin has compared its key, UID and address, and confirmed it.",
    }),
    selection("approval_trust", "Whose approvals count", APPROVAL_TRUSTS, {
      sql: (alias) =>
        `(select o.approval_trust from organizations o where o.id = ${alias}.organization_id)`,
      help: "Of the organization, which has one for all its policies.",
    }),
  ];
}
