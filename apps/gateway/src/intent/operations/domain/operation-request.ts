import { newId } from "@vworkspace/kernel";
import type { Actor } from "../../../trust/identity/domain/actor";
import {
  type ApprovalState,
  type Operation,
  type OperationIntent,
  operationName,
  type Requester,
} from "./operation";
import type { OperationTarget } from "./operation-target";

export interface CreateOperation
  extends
    Pick<OperationIntent, "type" | "engine">,
    Partial<Omit<OperationIntent, "type" | "engine">> {
  readonly instanceId: string;
  readonly external_ref?: string | null;
  readonly intent_version?: number | null;
  /** Whoever acts, where it isn't given. */
  readonly requester?: Requester;
  /** The schedule and the due time that it is made for. */
  readonly due?: { readonly scheduleId: string; readonly at: Date };
  /** The sequence and the step of it that it is made for. */
  readonly sequence?: { readonly id: string; readonly step: string };
}

export function requesterOf(actor: Actor): Requester {
  return {
    requested_by: actor.id,
    on_behalf_of: actor.onBehalfOf ?? null,
  };
}

export function intentOf(request: CreateOperation): OperationIntent {
  return {
    type: request.type,
    engine: request.engine,
    parameters_json: request.parameters_json ?? "{}",
    require_ready: request.require_ready ?? false,
    exclusive: request.exclusive ?? false,
    timeout_seconds: request.timeout_seconds ?? null,
  };
}

const NOTHING_YET = {
  approval_claim: null,
  approval_method: null,
  approved_by: null,
  approved_on_behalf_of: null,
  approved_at: null,
  rejected_by: null,
  rejected_on_behalf_of: null,
  rejected_at: null,
  cancel: false,
  generation: 0,
  phase: "",
  reason: "",
  message: "",
  progress: "",
  degraded: false,
  upgrade: "none",
  instance_generation: null,
} as const;

/** A new operation on its way. */
export function newOperation(
  request: CreateOperation,
  target: OperationTarget,
  made: {
    readonly requester: Requester;
    readonly approval_state: Extract<
      ApprovalState,
      "required" | "not_required"
    >;
    readonly maintenance_windows: Operation["maintenance_windows"];
  },
): Operation {
  const id = newId();
  const needsApproval = made.approval_state === "required";
  return {
    ...intentOf(request),
    ...made.requester,
    id,
    cluster_id: target.cluster_id,
    instance_id: target.id,
    namespace: target.namespace,
    name: operationName(target.name, request.type, id),
    state: needsApproval ? "awaiting_approval" : "requested",
    approval_state: made.approval_state,
    maintenance_windows: made.maintenance_windows,
    ...NOTHING_YET,
    external_ref: request.external_ref ?? null,
    intent_version: request.intent_version ?? null,
    ...originOf(request),
  };
}

/** What asked for it where nobody did so himself. */
function originOf({ due, sequence }: CreateOperation) {
  return {
    schedule_id: due?.scheduleId ?? null,
    due_at: due?.at ?? null,
    sequence_id: sequence?.id ?? null,
    sequence_step: sequence?.step ?? null,
  };
}

/** Whether an operation that is there is just the one that was asked for. */
export function isSameOperation(
  existing: Operation,
  request: CreateOperation,
): boolean {
  const facts = (intent: OperationIntent, instanceId: string) =>
    JSON.stringify([
      instanceId,
      intent.type,
      intent.engine,
      intent.parameters_json,
      intent.require_ready,
      intent.exclusive,
      intent.timeout_seconds,
    ]);
  return (
    facts(existing, existing.instance_id) ===
    facts(intentOf(request), request.instanceId)
  );
}
