import { SEQUENCE_STATES } from "../../../intent/sequences/domain/sequence";
import {
  boolean,
  char,
  column,
  datetime,
  json,
  type ModelField,
  many2one,
  ownOrganization,
  selection,
  text,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";
import {
  type OperationTargets,
  parameterFields,
  targetFields,
} from "./operation.model";

export function operationSequenceModel(targets: OperationTargets): OdooModel {
  const { organization, users, applicationInstance } = targets;
  return new OdooModel({
    name: "vworkspace.operation.sequence",
    label: "Operation sequence",
    displayField: "name",
    from: "operation_sequences",
    fields: [
      char("name", "Name", { help: "Made by the gateway." }),
      ownOrganization(organization),
      char("template", "Template", {
        isRequired: true,
        writable: "on create",
        help: "One of those that come with the gateway, for example safe-upgrade.",
      }),
      ...targetFields(targets),
      many2one("copy_instance_id", "Copy", applicationInstance),
      ...parameterFields("on create"),
      selection("state", "State", SEQUENCE_STATES),
      ...courseFields(),
      many2one("requested_by", "Requested by", users),
      many2one("confirmed_by", "Confirmed by", users),
      datetime("confirmed_at", "Confirmed"),
      char("external_ref", "External reference", {
        writable: "always",
        isNullable: true,
        help: "The record's own id on the other side; unique.",
      }),
      datetime("created_at", "Created"),
    ],
  });
}

function courseFields(): readonly ModelField[] {
  return [
    char("reason", "Reason"),
    text("message", "Message"),
    char("progress", "Progress", { help: "For example step 3 of 6: upgrade." }),
    text("steps_json", "Steps as JSON", {
      sql: (alias) => `${alias}.steps::text`,
      help: "Those that were begun, in that order, with what became of each.",
    }),
    json("approvals", "Steps to agree to", {
      sql: column("approvals"),
      shape: "texts",
      help: "Whose operations wait for an approver, as policy was when it was asked for.",
    }),
    boolean("cancel", "To be cancelled"),
    datetime("finished_at", "Finished"),
  ];
}
