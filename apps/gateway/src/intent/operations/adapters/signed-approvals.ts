import { Injectable } from "@nestjs/common";
import type { Stores } from "../../../database/unit-of-work";
import { ClusterStore } from "../../../fleet/clusters/domain/cluster-store";
import { ApprovalClaims as ClaimSigner } from "../../../trust/approvals/approval-claims.service";
import { APPROVAL_MAX_SECONDS } from "../../../trust/approvals/approval-key-options";
import { ApprovalClaims, type ApprovalToSign } from "../domain/approval-claims";

/** Claims by the gateway's keys for approvals. */
@Injectable()
export class SignedApprovals extends ApprovalClaims {
  constructor(private readonly signer: ClaimSigner) {
    super();
  }

  override async sign(
    stores: Stores,
    approval: ApprovalToSign,
  ): Promise<string | undefined> {
    const { clusterId, method, ...agreed } = approval;
    const cluster = await stores.get(ClusterStore).byId(clusterId);
    if (!cluster) return undefined;
    const { claim } = await this.signer.sign({
      ...agreed,
      clusterCode: cluster.code,
      amr: method,
      expiresInSeconds: APPROVAL_MAX_SECONDS,
    });
    return claim;
  }
}
