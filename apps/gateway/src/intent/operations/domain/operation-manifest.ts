import {
  ANNOTATIONS,
  APPLICATION_INSTANCE,
  OPERATION,
  readParameters,
  type JsonObject,
  type OperationSpec,
} from "@vworkspace/resources";
import type { OnBehalfOf } from "../../../trust/identity/domain/actor";
import type { Operation, OperationIntent } from "./operation";

/** As the manifest and a claim name somebody: by id, never by login, since both leave our reach. */
export function userName(id: string, onBehalfOf: OnBehalfOf | null): string {
  return `user/${id}${onBehalfOf ? `/odoo/${onBehalfOf.odoo_uid}` : ""}`;
}

/** What an approval is about: the spec without what may change, which is the approval itself and the wish to stop. */
export function approvedSpec(
  intent: OperationIntent & Partial<Pick<Operation, "maintenance_windows">>,
  instanceName: string,
): OperationSpec {
  const { type, engine, maintenance_windows = [] } = intent;
  const parameters = JSON.parse(intent.parameters_json) as JsonObject;
  const policy = {
    ...(intent.require_ready && { requireReady: true }),
    ...(intent.exclusive && { exclusive: true }),
    ...(intent.timeout_seconds !== null && {
      timeoutSeconds: intent.timeout_seconds,
    }),
    ...(maintenance_windows.length > 0 && {
      maintenanceWindows: maintenance_windows,
    }),
  };
  return {
    targetRef: { ...APPLICATION_INSTANCE, name: instanceName },
    type,
    engine,
    // Under their present names: an older agent knows these too.
    parameters: readParameters({ type, engine, parameters }).parameters,
    ...(Object.keys(policy).length > 0 && { policy }),
  };
}

/** The Operation that an intent asks for: a whole manifest, ready to be applied. The agent adds the labels. */
export function operationManifest(
  operation: Operation,
  instanceName: string,
): Record<string, unknown> {
  const { namespace, name, requested_by, on_behalf_of } = operation;
  const approvals = approvalsOf(operation);
  return {
    ...OPERATION,
    metadata: {
      name,
      namespace,
      annotations: {
        [ANNOTATIONS.requestedBy]: userName(requested_by, on_behalf_of),
        [ANNOTATIONS.operationId]: operation.id,
      },
    },
    spec: {
      ...approvedSpec(operation, instanceName),
      ...(approvals && { approvals }),
      ...(operation.cancel && { cancel: true }),
    },
  };
}

function approvalsOf(operation: Operation): OperationSpec["approvals"] {
  if (operation.approval_state === "not_required") return undefined;
  const { approval_claim: claim, approved_by: by, approved_at: at } = operation;
  const { approved_on_behalf_of: behalf } = operation;
  return {
    required: true,
    ...(claim !== null && { claim }),
    ...(by !== null && { approvedBy: userName(by, behalf) }),
    ...(at !== null && { approvedAt: at.toISOString() }),
  };
}
