import type { RpcValue } from "@vworkspace/odoo-rpc";
import {
  boolean,
  char,
  column,
  datetime,
  integer,
  json,
  markFields,
  type ModelField,
  many2one,
  many2oneLater,
  ownOrganization,
  selection,
  text,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

const STATES = [
  "draft",
  "deploying",
  "ready",
  "degraded",
  "blocked",
  "suspended",
  "deleting",
  "deleted",
] as const;

export function applicationInstanceModel(
  organization: OdooModel,
  cluster: OdooModel,
  operation: () => OdooModel,
): OdooModel {
  return new OdooModel({
    name: "vworkspace.application.instance",
    label: "Application instance",
    displayField: "name",
    from: `(select i.*, e.code as catalog_code from application_instances i
      join catalog_entries e on e.organization_id = i.organization_id and e.id = i.catalog_entry_id)`,
    fields: [
      ...intentFields(organization, cluster),
      integer("generation", "Generation"),
      integer("observed_generation", "Observed generation"),
      selection("state", "State", STATES),
      json("conditions", "Conditions", { shape: "list" }),
      json("endpoints", "Endpoints", { shape: "list" }),
      ...markFields("on create"),
      char("origin", "Origin", { help: "Where the instance was made." }),
      ...backupFields(operation),
    ],
  });
}

/** The newest backup that succeeded wholly, which is the only kind that proves anything; asked for only where it is read. */
function lastBackup(select: string) {
  return (alias: string) => `(select ${select} from operations b
    where b.organization_id = ${alias}.organization_id and b.instance_id = ${alias}.id and b.type = 'Backup' and b.state = 'succeeded'
      and not b.degraded order by b.finished_at desc limit 1)`;
}

function backupFields(operation: () => OdooModel): readonly ModelField[] {
  return [
    datetime("last_backup_at", "Last proven backup", {
      sql: lastBackup("b.finished_at"),
      help: "When the newest backup ended that succeeded wholly.",
    }),
    many2oneLater("last_backup_operation_id", "Its operation", operation, {
      sql: lastBackup("b.id"),
    }),
    integer("backup_age_seconds", "Age of the last proven backup", {
      sql: lastBackup("extract(epoch from now() - b.finished_at)::integer"),
      help: "In seconds; not set: there is none.",
    }),
  ];
}

function intentFields(organization: OdooModel, cluster: OdooModel) {
  return [
    char("name", "Name", { isRequired: true, writable: "always" }),
    char("namespace", "Namespace", { isRequired: true, writable: "always" }),
    ownOrganization(organization),
    many2one("cluster_id", "Cluster", cluster, {
      isRequired: true,
      writable: "always",
    }),
    char("catalog_code", "Catalog entry", {
      isRequired: true,
      writable: "always",
      help: "Code of a catalog entry.",
    }),
    char("chart_version", "Chart version", {
      writable: "always",
      help: "One exact version; the catalog entry's recommended one where it isn't given.",
    }),
    ...valueFields(),
    json("integrations", "Integrations", { writable: "always" }),
    boolean("suspended", "Suspended", { writable: "always" }),
  ];
}

function valueFields(): readonly ModelField[] {
  return [
    json("values", "Values", {
      sql: column("values_json"),
      fromDatabase: (value) => JSON.parse(value as string) as RpcValue,
      textTwin: "values_json",
      writable: "always",
      help: "For people; programs use values_json, which is kept byte for byte.",
    }),
    text("values_json", "Values as JSON", {
      isExact: true,
      writable: "always",
    }),
    json("values_secret_ref", "Secret with values", {
      shape: "struct of texts",
      writable: "always",
      isNullable: true,
      help: '{"name": …, "key": …} of a Secret in the namespace.',
    }),
  ];
}
