import { APPROVAL_METHODS } from "@vworkspace/contract";
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
  markFields,
  type ModelField,
  many2one,
  ownOrganization,
  selection,
  text,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

/** What a number stands behind, in the address of an operation's approval page. */
export const APPROVALS_PATH = "/approvals/";

/** What operations and schedules lead to. */
export interface OperationTargets {
  readonly organization: OdooModel;
  readonly cluster: OdooModel;
  readonly users: OdooModel;
  readonly applicationInstance: OdooModel;
}

export const OPERATION_TYPES = Object.keys(CAPABILITY_ANNOTATIONS);
export const OPERATION_ENGINES = Object.keys(ENGINE_PARAMETERS);

/** @param publicUrl where people reach the gateway; empty while that isn't known */
export function operationModel(
  targets: OperationTargets & {
    readonly operationSchedule: OdooModel;
    readonly operationSequence: OdooModel;
  },
  publicUrl: () => string,
): OdooModel {
  const { organization, users, operationSchedule, operationSequence } = targets;
  return new OdooModel({
    name: "vworkspace.operation",
    label: "Operation",
    displayField: "name",
    from: "operations",
    fields: [
      char("name", "Name", { help: "Made by the gateway." }),
      char("namespace", "Namespace"),
      ownOrganization(organization),
      ...targetFields(targets),
      selection("type", "Type", OPERATION_TYPES, ON_CREATE),
      selection("engine", "Engine", OPERATION_ENGINES, ON_CREATE),
      ...parameterFields("on create"),
      ...policyFields(),
      selection("state", "State", OPERATION_STATES),
      ...courseFields(),
      ...approvalFields(users),
      many2one("schedule_id", "Schedule", operationSchedule),
      many2one("sequence_id", "Sequence", operationSequence),
      char("sequence_step", "Step of the sequence", { isNullable: true }),
      ...markFields("always"),
      datetime("created_at", "Created"),
      approvalUrl(publicUrl),
    ],
  });
}

const ON_CREATE = { isRequired: true, writable: "on create" } as const;

/** Who asked, who decided, and how he is known. */
function approvalFields(users: OdooModel): readonly ModelField[] {
  const asserted = "A bridge's word, {odoo_uid, login}; not proven.";
  return [
    selection("approval_state", "Approval", APPROVAL_STATES),
    selection("approval_method", "Approver known by", APPROVAL_METHODS, {
      help: "key: his own API key; oidc: his sign-in; odoo: only Odoo says that it was he.",
    }),
    many2one("requested_by", "Requested by", users),
    json("requested_on_behalf_of", "Requested on behalf of", {
      sql: column("on_behalf_of"),
      help: asserted,
    }),
    many2one("approved_by", "Approved by", users),
    json("approved_on_behalf_of", "Approved on behalf of", { help: asserted }),
    datetime("approved_at", "Approved"),
    many2one("rejected_by", "Rejected by", users),
    json("rejected_on_behalf_of", "Rejected on behalf of", { help: asserted }),
    datetime("rejected_at", "Rejected"),
  ];
}

function approvalUrl(publicUrl: () => string): ModelField {
  return char("approval_url", "Approval page", {
    sql: (alias) => {
      const start = `${publicUrl()}${APPROVALS_PATH}`.replaceAll("'", "''");
      const hasPage = `${alias}.approval_state <> 'not_required' and ${publicUrl() !== ""}`;
      return `(case when ${hasPage} then '${start}' || ${alias}.number end)`;
    },
    help: "Where somebody approves or rejects it; not set where it needs no approval.",
  });
}

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
