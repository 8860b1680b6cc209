import type { ApprovalMethod } from "@vworkspace/contract";
import type { OperationSpec } from "@vworkspace/resources";
import type { Stores } from "../../../database/unit-of-work";

/** What an approver agreed to. */
export interface ApprovalToSign {
  readonly operationId: string;
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
  /** Without approvals and cancel. */
  readonly spec: OperationSpec;
  /** As userName names them. */
  readonly requester: string;
  readonly approver: string;
  readonly method: ApprovalMethod;
}

/** Proofs of approvals that an agent checks by itself: nothing starts in its cluster without one. */
export abstract class ApprovalClaims {
  /** @returns the claim, or undefined where the cluster is gone */
  abstract sign(
    stores: Stores,
    approval: ApprovalToSign,
  ): Promise<string | undefined>;
}
