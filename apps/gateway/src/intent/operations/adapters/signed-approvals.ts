import { Injectable } from "@nestjs/common";
import type { Stores } from "../../../database/unit-of-work";
import { ClusterStore } from "../../../fleet/clusters/domain/cluster-store";
import { ApprovalClaims as ClaimSigner } from "../../../trust/approvals/approval-claims.service";
import { APPROVAL_MAX_SECONDS } from "../../../trust/approvals/approval-key-options";
import { ApprovalClaims, type ApprovalToSign } from "../domain/approval-claims";
import { userName } from "../domain/operation-manifest";

/** Claims by the gateway's keys for approvals. Whom Odoo only asserts has not agreed himself: nothing is signed for him. */
@Injectable()
export class SignedApprovals extends ApprovalClaims {
  constructor(private readonly signer: ClaimSigner) {
    super();
  }

  override async sign(
    stores: Stores,
    approval: ApprovalToSign,
  ): Promise<string | undefined> {
    const { approver, requestedBy, operationId, namespace, name, spec } =
      approval;
    if (approver.onBehalfOf !== undefined) return undefined;
    const cluster = await stores.get(ClusterStore).byId(approval.clusterId);
    if (!cluster) return undefined;
    const { claim } = await this.signer.sign({
      operationId,
      clusterCode: cluster.code,
      namespace,
      name,
      spec,
      approver: userName(approver.id),
      requester: userName(requestedBy),
      amr: approver.session === undefined ? "key" : "oidc",
      expiresInSeconds: APPROVAL_MAX_SECONDS,
    });
    return claim;
  }
}
