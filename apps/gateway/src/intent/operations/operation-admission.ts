import { DomainError } from "@vworkspace/kernel";
import type { MaintenanceWindow } from "@vworkspace/resources";
import type { Stores } from "../../database/unit-of-work";
import { PolicyStore } from "../policies/domain/policy";
import { decideOperation } from "../policies/domain/operation-policy.decide";
import { windowsOfPolicies } from "../policies/domain/policy-windows";
import type { OperationIntent } from "./domain/operation";
import { operationProblem } from "./domain/operation-rules";
import { OperationStore } from "./domain/operation-store";
import type { OperationTarget } from "./domain/operation-target";

/** The instance that an operation is to be about; it stays until the transaction ends. */
export async function requireTarget(
  stores: Stores,
  instanceId: string,
): Promise<OperationTarget> {
  const target = await stores.get(OperationStore).holdInstance(instanceId);
  if (!target)
    throw new DomainError(
      "not_found",
      "There is no such application instance.",
    );
  if (target.state === "deleting" || target.state === "deleted")
    throw new DomainError(
      "validation_failed",
      `instance_id: instance ${target.name} is ${target.state}; choose one that is there.`,
    );
  return target;
}

/** What policies make of an operation that they allow. */
export interface Admitted {
  /** Somebody has to agree first. */
  readonly needsApproval: boolean;
  /** When it may begin; a backup changes nothing, and may always. */
  readonly windows: readonly MaintenanceWindow[];
}

/** Lets an operation through, or says why not. */
export async function admitOperation(
  stores: Stores,
  intent: OperationIntent,
  target: OperationTarget,
): Promise<Admitted> {
  const problem = operationProblem(intent, target);
  if (problem !== undefined)
    throw new DomainError("validation_failed", problem);
  const policies = await stores.get(PolicyStore).applicable(target.cluster_id);
  const verdict = decideOperation(policies, intent);
  if (verdict.refusal) {
    const { message, ...details } = verdict.refusal;
    throw new DomainError("policy_denied", message, { details });
  }
  const windows = intent.type === "Backup" ? [] : windowsOfPolicies(policies);
  return { needsApproval: verdict.needsApproval, windows };
}
