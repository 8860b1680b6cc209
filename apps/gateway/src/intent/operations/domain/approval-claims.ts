import type { OperationSpec } from "@vworkspace/resources";
import type { Stores } from "../../../database/unit-of-work";
import type { UserActor } from "../../../trust/identity/domain/actor";

/** What an approver agreed to. */
export interface ApprovalToSign {
  readonly operationId: string;
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
  /** Without approvals and cancel. */
  readonly spec: OperationSpec;
  /** UUID of the user who asked for it. */
  readonly requestedBy: string;
  readonly approver: UserActor;
  readonly approvedAt: Date;
}

/** Proofs of approvals that an agent checks by itself: nothing starts in its cluster without one. */
export abstract class ApprovalClaims {
  /** @returns the claim, or undefined where none can be signed: the agent then keeps the operation waiting */
  abstract sign(
    stores: Stores,
    approval: ApprovalToSign,
  ): Promise<string | undefined>;
}
