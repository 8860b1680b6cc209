import {
  boolean,
  char,
  datetime,
  integer,
  type ModelField,
  many2one,
  ownOrganization,
  selection,
  text,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";
import {
  OPERATION_ENGINES,
  OPERATION_TYPES,
  type OperationTargets,
  parameterFields,
  targetFields,
} from "./operation.model";

const WRITABLE = { isRequired: true, writable: "always" } as const;

export function operationScheduleModel(targets: OperationTargets): OdooModel {
  return new OdooModel({
    name: "vworkspace.operation.schedule",
    label: "Operation schedule",
    displayField: "name",
    from: "operation_schedules",
    fields: [
      char("name", "Name", {
        writable: "always",
        help: "Not given: the instance and the type.",
      }),
      ownOrganization(targets.organization),
      ...targetFields(targets),
      selection("type", "Type", OPERATION_TYPES, WRITABLE),
      selection("engine", "Engine", OPERATION_ENGINES, WRITABLE),
      ...parameterFields("always"),
      ...timeFields(),
      many2one("requested_by", "Requested by", targets.users),
      char("external_ref", "External reference", {
        writable: "always",
        isNullable: true,
        help: "The record's own id on the other side; unique.",
      }),
    ],
  });
}

function timeFields(): readonly ModelField[] {
  return [
    char("cron", "Cron", {
      ...WRITABLE,
      help: "Minute, hour, day of month, month, day of week, for example 0 2 * * *.",
    }),
    char("timezone", "Time zone", {
      writable: "always",
      help: "An IANA name; not given: UTC.",
    }),
    integer("keep", "Keep", {
      writable: "always",
      isNullable: true,
      help: "How many successful operations keep their objects in the cluster; not set: all of the last 30 days.",
    }),
    boolean("active", "Active", { writable: "always" }),
    datetime("last_run", "Last run"),
    datetime("next_run", "Next run"),
    integer("missed_count", "Missed runs", {
      help: "Due times that passed while no gateway was up; they make one run together.",
    }),
    integer("skipped_count", "Skipped runs", {
      help: "Due times at which the operation before was still under way.",
    }),
    text("last_problem", "Last problem", {
      help: "Why the last due time made no operation; empty where it did.",
    }),
  ];
}
