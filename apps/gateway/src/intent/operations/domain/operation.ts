import type { ApprovalMethod } from "@vworkspace/contract";
import {
  type MaintenanceWindow,
  OPERATION,
  type OperationEngine,
  type OperationType,
} from "@vworkspace/resources";
import type { ObjectIdentity } from "../../../delivery/domain/desired-object";
import type { OnBehalfOf } from "../../../trust/identity/domain/actor";

export const OPERATION_STATES = [
  "requested",
  "awaiting_approval",
  "delivering",
  "blocked",
  "running",
  "succeeded",
  "failed",
  "cancelled",
] as const;
/**
 * `requested`: the cluster doesn't have it yet; `delivering`: it has it, and has not said more about its newest generation.
 * The last three are ends, which nothing changes.
 */
export type OperationState = (typeof OPERATION_STATES)[number];

export const APPROVAL_STATES = [
  "not_required",
  "required",
  "approved",
  "rejected",
] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** What someone wants to have done, once; it never changes. */
export interface OperationIntent {
  readonly type: OperationType;
  readonly engine: OperationEngine;
  /** Text of a JSON object, kept byte for byte. */
  readonly parameters_json: string;
  readonly require_ready: boolean;
  readonly exclusive: boolean;
  readonly timeout_seconds: number | null;
}

/** Who wants it: a user of the gateway, and whom an Odoo says that it is for. */
export interface Requester {
  /** UUID of the user. */
  readonly requested_by: string;
  readonly on_behalf_of: OnBehalfOf | null;
}

/** Whether, and how, somebody agreed. */
export interface Approval {
  readonly approval_state: ApprovalState;
  /** The proof that the agent checks; null where none was signed. */
  readonly approval_claim: string | null;
  /** How the approver was known. */
  readonly approval_method: ApprovalMethod | null;
  readonly approved_by: string | null;
  /** Whom an Odoo says that it was, where its word counts. */
  readonly approved_on_behalf_of: OnBehalfOf | null;
  readonly approved_at: Date | null;
  readonly rejected_by: string | null;
  readonly rejected_on_behalf_of: OnBehalfOf | null;
  readonly rejected_at: Date | null;
}

/** What the gateway owes an instance for a Helm upgrade: nothing, its next generation, or it was issued or refused. */
export type UpgradeState = "none" | "due" | "issued" | "refused";

/** What is known of its course. */
export interface OperationCourse {
  readonly state: OperationState;
  /** As the cluster says it; empty before it said anything. */
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  /** What the engine says while it runs. */
  readonly progress: string;
  /** It succeeded, but not wholly. */
  readonly degraded: boolean;
  readonly upgrade: UpgradeState;
}

export interface Operation
  extends OperationIntent, Requester, Approval, OperationCourse {
  readonly id: string;
  readonly cluster_id: string;
  readonly instance_id: string;
  readonly namespace: string;
  readonly name: string;
  /** It is to stop. */
  readonly cancel: boolean;
  readonly generation: number;
  /** Of the instance, that a Helm upgrade was issued under. */
  readonly instance_generation: number | null;
  readonly external_ref: string | null;
  /** The caller's own; an operation never changes, so it only tells which side is behind. */
  readonly intent_version: number | null;
  readonly schedule_id: string | null;
  /** When it may begin, as policies said when it was asked for: what somebody approves does not change. */
  readonly maintenance_windows: readonly MaintenanceWindow[];
  readonly due_at: Date | null;
  /** The sequence that made it, and the name of its step there. */
  readonly sequence_id: string | null;
  readonly sequence_step: string | null;
}

export function hasEnded({ state }: Pick<Operation, "state">): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** The Kubernetes object that an operation becomes. */
export function operationObject(
  operation: Pick<Operation, "cluster_id" | "namespace" | "name">,
): ObjectIdentity {
  return {
    ...OPERATION,
    clusterId: operation.cluster_id,
    namespace: operation.namespace,
    name: operation.name,
  };
}

/** Other projects have kinds of that name. */
export function isOperation({ apiVersion, kind }: ObjectIdentity): boolean {
  return kind === OPERATION.kind && apiVersion === OPERATION.apiVersion;
}

/** For the instance that it leaves, and a name that no other operation had: `shop-backup-1a2b3c4d`. */
export function operationName(
  instanceName: string,
  type: OperationType,
  id: string,
): string {
  const end = `-${type.toLowerCase()}-${id.slice(-8)}`;
  const room = MAX_NAME - end.length;
  return `${instanceName.slice(0, room).replace(/-+$/, "")}${end}`;
}

/** Of a DNS label; engines derive names of their own from it. */
const MAX_NAME = 63;
