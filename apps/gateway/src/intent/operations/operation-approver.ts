import type { ApprovalMethod } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import type { UserActor } from "../../trust/identity/domain/actor";
import { UserStore } from "../../trust/identity/domain/user-store";
import { wantsFourEyes } from "../policies/domain/operation-policy.decide";
import { PolicyStore } from "../policies/domain/policy";
import { decidedBy, isSameParty } from "./domain/approver.decide";
import type { Operation } from "./domain/operation";
import { OperationStore } from "./domain/operation-store";

/** Lets somebody decide on operations, or says why not. @returns how he is known */
export async function admitDecider(
  stores: Stores,
  actor: UserActor,
): Promise<ApprovalMethod> {
  return decidedBy(actor, await stores.get(UserStore).approvalTrust());
}

/** The same for agreeing, which takes another person than the one who asked: no agent takes anything else, whatever policy says. */
export async function admitApprover(
  stores: Stores,
  actor: UserActor,
  operation: Operation,
): Promise<ApprovalMethod> {
  const method = await admitDecider(stores, actor);
  const { requested_by: userId, on_behalf_of: onBehalfOf } = operation;
  const login = await stores.get(OperationStore).login(userId);
  const approver = {
    userId: actor.id,
    login: actor.name,
    onBehalfOf: actor.onBehalfOf ?? null,
  };
  if (!isSameParty({ userId, login, onBehalfOf }, approver)) return method;
  const policies = await stores
    .get(PolicyStore)
    .applicable(operation.cluster_id);
  if (wantsFourEyes(policies))
    throw new DomainError(
      "policy_denied",
      `Policy refuses this (four_eyes): you asked for operation ${operation.name}; another approver has to agree.`,
      { details: { rule: "four_eyes", value: operation.name } },
    );
  throw new DomainError(
    "forbidden",
    `You asked for operation ${operation.name}: somebody else has to approve it.`,
  );
}
