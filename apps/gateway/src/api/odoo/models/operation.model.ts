import type { RpcValue } from "@vworkspace/odoo-rpc";
import {
  ENGINE_PARAMETERS,
  CAPABILITY_ANNOTATIONS,
} from "@vworkspace/resources";
import {
  APPROVAL_STATES,
  OPERATION_STATES,
} from "../../../intent/operations/domain/operation";
import {
  boolean,
  char,
  column,
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

/** What operations and schedules lead to. */
export interface OperationTargets {
  readonly organization: OdooModel;
  readonly cluster: OdooModel;
  readonly users: OdooModel;
  readonly applicationInstance: OdooModel;
}

export const OPERATION_TYPES = Object.keys(CAPABILITY_ANNOTATIONS);
export const OPERATION_ENGINES = Object.keys(ENGINE_PARAMETERS);

export function operationModel(
  targets: OperationTargets & {
    readonly operationSchedule: OdooModel;
    readonly operationSequence: OdooModel;
  },
): OdooModel {
  const { organization, users, operationSchedule, operationSequence } = targets;
  return new OdooModel({
    name: "vworkspace.operation",
    label: "Operation",
    displayField: "name",
    from: "operations",
    fields: [
      char("name", "Name", { help: "Made by the gateway." }),
      ownOrganization(organization),
      ...targetFields(targets),
      selection("type", "Type", OPERATION_TYPES, ON_CREATE),
      selection("engine", "Engine", OPERATION_ENGINES, ON_CREATE),
      ...parameterFields("on create"),
      ...policyFields(),
      selection("state", "State", OPERATION_STATES),
      ...courseFields(),
      selection("approval_state", "Approval", APPROVAL_STATES),
      many2one("requested_by", "Requested by", users),
      many2one("approved_by", "Approved by", users),
      datetime("approved_at", "Approved"),
      many2one("rejected_by", "Rejected by", users),
      datetime("rejected_at", "Rejected"),
      many2one("schedule_id", "Schedule", operationSchedule),
      many2one("sequence_id", "Sequence", operationSequence),
      char("sequence_step", "Step of the sequence", { isNullable: true }),
      char("external_ref", "External reference", {
        writable: "always",
        isNullable: true,
        help: "The record's own id on the other side; unique.",
      }),
      datetime("created_at", "Created"),
    ],
  });
}

const ON_CREATE = { isRequired: true, writable: "on create" } as const;

/** The instance, and the cluster that it is on. */
export function targetFields({
  applicationInstance,
  cluster,
}: OperationTargets): readonly ModelField[] {
  return [
    many2one(
      "instance_id",
      "Application instance",
      applicationInstance,
      ON_CREATE,
    ),
    many2one("cluster_id", "Cluster", cluster),
  ];
}

export function parameterFields(
  writable: "on create" | "always",
): readonly ModelField[] {
  return [
    json("parameters", "Parameters", {
      sql: column("parameters_json"),
      fromDatabase: (value) => JSON.parse(value as string) as RpcValue,
      textTwin: "parameters_json",
      writable,
      help: "For people; programs use parameters_json, which is kept byte for byte.",
    }),
    text("parameters_json", "Parameters as JSON", { isExact: true, writable }),
  ];
}

function policyFields(): readonly ModelField[] {
  const writable = "on create";
  return [
    boolean("require_ready", "Only when ready", {
      writable,
      help: "It waits until the instance is ready.",
    }),
    boolean("exclusive", "Alone", {
      writable,
      help: "Nothing else runs on the instance meanwhile.",
    }),
    integer("timeout_seconds", "Timeout in seconds", {
      writable,
      isNullable: true,
      help: "Not set: the engine's own.",
    }),
  ];
}

/** What is known of how it goes; texts of the cluster. */
function courseFields(): readonly ModelField[] {
  return [
    char("phase", "Phase", { help: "As the cluster says it." }),
    char("reason", "Reason"),
    text("message", "Message"),
    text("progress", "Progress"),
    boolean("degraded", "Degraded", {
      help: "It succeeded, but not wholly.",
    }),
    json("conditions", "Conditions", { shape: "list" }),
    text("outputs_json", "Outputs as JSON", {
      sql: (alias) => `${alias}.outputs::text`,
    }),
    datetime("started_at", "Started"),
    datetime("finished_at", "Finished"),
    boolean("cancel", "To be cancelled"),
    integer("generation", "Generation"),
    integer("observed_generation", "Observed generation"),
    integer("instance_generation", "Generation of the instance", {
      help: "That an upgrade was issued under.",
    }),
  ];
}
