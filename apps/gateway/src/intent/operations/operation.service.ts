import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import { DeliveryService } from "../../delivery/delivery.service";
import { DesiredObjectStore } from "../../delivery/domain/desired-object-store";
import type { Actor, UserActor } from "../../trust/identity/domain/actor";
import { InstanceStore } from "../instances/domain/instance-store";
import { ApprovalClaims } from "./domain/approval-claims";
import { hasEnded, type Operation, operationObject } from "./domain/operation";
import {
  approvedSpec,
  operationManifest,
  userName,
} from "./domain/operation-manifest";
import {
  type CreateOperation,
  intentOf,
  isSameOperation,
  newOperation,
  requesterOf,
} from "./domain/operation-request";
import { OperationStore } from "./domain/operation-store";
import { admitOperation, requireTarget } from "./operation-admission";
import { admitApprover, admitDecider } from "./operation-approver";
import { recordOperation } from "./operation-evidence";
import { type ExternalMarks, isOutdated, markProblem } from "../external-marks";
import { refTakenError, refuseProblem } from "../refusals";

const MAX_REASON_CHARACTERS = 1000;

/** Operations as intent: asked for once, decided by policy, recorded, and on their way in one transaction. */
@Injectable()
export class OperationService {
  constructor(
    private readonly delivery: DeliveryService,
    private readonly claims: ApprovalClaims,
  ) {}

  /** Asks for an operation. An equal repeat under the same external_ref answers with the one that is there. */
  async create(
    stores: Stores,
    actor: Actor,
    request: CreateOperation,
  ): Promise<Operation> {
    const target = await requireTarget(stores, request.instanceId);
    refuseProblem(markProblem(request));
    const { needsApproval, windows } = await admitOperation(
      stores,
      intentOf(request),
      target,
    );
    const operation = newOperation(request, target, {
      requester: request.requester ?? requesterOf(actor),
      approval_state: needsApproval ? "required" : "not_required",
      maintenance_windows: windows,
    });
    if (!(await stores.get(OperationStore).add(operation)))
      return equalExisting(stores, request);
    return this.issue(stores, actor, operation, "operation.create");
  }

  /** Asks for the same once more. */
  async retry(stores: Stores, actor: Actor, id: string): Promise<Operation> {
    const former = await requireOperation(stores, id);
    if (former.state !== "failed" && former.state !== "cancelled")
      throw new DomainError(
        "validation_failed",
        `Operation ${former.name} is ${former.state}: only one that failed or was cancelled can be retried.`,
      );
    const { type, engine, parameters_json } = former;
    const { require_ready, exclusive, timeout_seconds } = former;
    return this.create(stores, actor, {
      instanceId: former.instance_id,
      type,
      engine,
      parameters_json,
      require_ready,
      exclusive,
      timeout_seconds,
    });
  }

  /** Asks the cluster to stop it; it has ended when the cluster says so. */
  async cancel(stores: Stores, actor: Actor, id: string): Promise<void> {
    const operation = await requireOpen(stores, id);
    if (operation.cancel) return;
    const upgrade = operation.upgrade === "due" ? "none" : operation.upgrade;
    const cancelled: Operation = { ...operation, cancel: true, upgrade };
    await this.issue(stores, actor, cancelled, "operation.cancel");
  }

  /** Agrees to it. Who and when is kept, and the cluster gets the proof of it, where one can be signed. */
  async approve(stores: Stores, actor: UserActor, id: string): Promise<void> {
    const operation = await requireUnapproved(stores, id);
    const method = await admitApprover(stores, actor, operation);
    const onBehalfOf = actor.onBehalfOf ?? null;
    const claim = await this.claims.sign(stores, {
      operationId: operation.id,
      clusterId: operation.cluster_id,
      namespace: operation.namespace,
      name: operation.name,
      spec: approvedSpec(operation, await targetName(stores, operation)),
      requester: userName(operation.requested_by, operation.on_behalf_of),
      approver: userName(actor.id, onBehalfOf),
      method,
    });
    const approved: Operation = {
      ...operation,
      approval_state: "approved",
      approval_claim: claim ?? null,
      approval_method: method,
      approved_by: actor.id,
      approved_on_behalf_of: onBehalfOf,
      approved_at: await stores.get(OperationStore).now(),
      state: "delivering",
    };
    await this.issue(stores, actor, approved, "operation.approve");
  }

  /** Refuses to agree. It never ran, so its object is removed from the cluster; the record stays. */
  async reject(
    stores: Stores,
    actor: UserActor,
    id: string,
    reason: string,
  ): Promise<void> {
    const operation = await requireUnapproved(stores, id);
    await admitDecider(stores, actor);
    const generation = await this.delivery.deliver(
      stores,
      actor.organizationId,
      { object: operationObject(operation), action: "delete", manifest: {} },
    );
    const rejected: Operation = {
      ...operation,
      generation,
      approval_state: "rejected",
      rejected_by: actor.id,
      rejected_on_behalf_of: actor.onBehalfOf ?? null,
      rejected_at: await stores.get(OperationStore).now(),
      state: "cancelled",
      reason: "Rejected",
      message: reason.slice(0, MAX_REASON_CHARACTERS),
    };
    await stores.get(OperationStore).save(rejected);
    await recordOperation(stores, actor, "operation.reject", rejected);
  }

  /** The caller's own marks are all of it that can be written. */
  async mark(
    stores: Stores,
    actor: Actor,
    id: string,
    marks: Partial<ExternalMarks>,
  ): Promise<void> {
    refuseProblem(markProblem(marks));
    const operation = await requireOperation(stores, id);
    if (isOutdated(operation, marks)) return;
    const marked = { ...operation, ...marks };
    const { external_ref: ref } = marked;
    const isNewRef = ref !== operation.external_ref;
    if (!isNewRef && marked.intent_version === operation.intent_version) return;
    const store = stores.get(OperationStore);
    if (isNewRef && ref !== null && (await store.byExternalRef(ref)))
      throw refTakenError("operation", ref);
    await store.save(marked);
    await recordOperation(stores, actor, "operation.write", marked);
  }

  /** Stops what could not be done as it was asked for: an upgrade that was refused, with the reason. */
  async refuseUpgrade(
    stores: Stores,
    actor: Actor,
    id: string,
    why: string,
  ): Promise<void> {
    const operation = await requireOperation(stores, id);
    if (hasEnded(operation) || operation.upgrade !== "due") return;
    const refused: Operation = {
      ...operation,
      cancel: true,
      upgrade: "refused",
      reason: "UpgradeRefused",
      message: why.slice(0, MAX_REASON_CHARACTERS),
    };
    await this.issue(stores, actor, refused, "operation.refuse_upgrade");
  }

  /** Removes the object of an operation whose time is over; the record stays. */
  async removeObject(stores: Stores, actor: Actor, id: string): Promise<void> {
    await requireOperation(stores, id);
    const ended = await stores.get(OperationStore).takeEnded(id);
    if (!ended) return;
    const generation = await this.delivery.deliver(
      stores,
      actor.organizationId,
      { object: operationObject(ended), action: "delete", manifest: {} },
    );
    const removed = { ...ended, generation };
    await stores.get(OperationStore).save(removed);
    await recordOperation(stores, actor, "operation.object_end", removed);
  }

  private async issue(
    stores: Stores,
    actor: Actor,
    operation: Operation,
    action: string,
  ): Promise<Operation> {
    const name = await targetName(stores, operation);
    const generation = await this.delivery.deliver(
      stores,
      actor.organizationId,
      {
        object: operationObject(operation),
        action: "apply",
        manifest: operationManifest(operation, name),
      },
    );
    const issued = { ...operation, generation };
    await stores.get(OperationStore).save(issued);
    await recordOperation(stores, actor, action, issued);
    return issued;
  }
}

async function equalExisting(
  stores: Stores,
  request: CreateOperation,
): Promise<Operation> {
  const ref = request.external_ref ?? "";
  const existing = await stores.get(OperationStore).byExternalRef(ref);
  if (existing && isSameOperation(existing, request)) return existing;
  throw refTakenError("operation", ref);
}

async function targetName(
  stores: Stores,
  { instance_id }: Operation,
): Promise<string> {
  const instance = await stores.get(InstanceStore).find(instance_id);
  return instance?.name ?? "";
}

/** Held, and before it its object, as everywhere, so that a change and a report can't deadlock. */
async function requireOperation(
  stores: Stores,
  id: string,
): Promise<Operation> {
  const store = stores.get(OperationStore);
  const place = await store.find(id);
  if (place) await stores.get(DesiredObjectStore).lock(operationObject(place));
  const operation = await store.lock(id);
  if (!operation)
    throw new DomainError("not_found", "There is no such operation.");
  return operation;
}

async function requireOpen(stores: Stores, id: string): Promise<Operation> {
  const operation = await requireOperation(stores, id);
  if (hasEnded(operation))
    throw new DomainError(
      "validation_failed",
      `Operation ${operation.name} is ${operation.state}: it has ended.`,
    );
  return operation;
}

async function requireUnapproved(
  stores: Stores,
  id: string,
): Promise<Operation> {
  const operation = await requireOpen(stores, id);
  // An approval that the cluster doesn't take, since it has come to its end, say, is given again.
  const isRefused =
    operation.approval_state === "approved" &&
    operation.state === "awaiting_approval";
  const isOpen = operation.approval_state === "required" || isRefused;
  if (!isOpen || operation.cancel)
    throw new DomainError(
      "validation_failed",
      operation.cancel
        ? `Operation ${operation.name} is being cancelled: nobody needs to agree any more.`
        : `Operation ${operation.name} is ${operation.approval_state === "approved" ? "approved already" : "to run without an approval"}: nobody needs to agree.`,
    );
  return operation;
}
