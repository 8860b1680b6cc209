import { Inject, Injectable } from "@nestjs/common";
import {
  type ApprovalMethod,
  isSamePerson,
  operationDigest,
  signApproval,
} from "@vworkspace/contract";
import { DomainError, newId } from "@vworkspace/kernel";
import { UnitOfWork } from "../../database/unit-of-work";
import { SigningKeyStore } from "../identity/domain/signing-key-store";
import { SignedKeySets } from "../payload-keys/signed-key-sets";
import {
  APPROVAL_KEY_OPTIONS,
  APPROVAL_MAX_SECONDS,
  type ApprovalKeyOptions,
} from "./approval-key-options";
import { ApprovalKeyRing } from "./approval-keys";

/** One operation as it stands, and who agreed to it. */
export interface NewApproval {
  /** Also the operation's annotation `vworkspace.io/operation-id`. */
  readonly operationId: string;
  /** As agents know the cluster. */
  readonly clusterCode: string;
  readonly namespace: string;
  readonly name: string;
  /** As it is sent to the cluster: its digest is what is approved. */
  readonly spec: object;
  /** Logins. */
  readonly approver: string;
  readonly requester: string;
  /** How the approver was known. */
  readonly amr: ApprovalMethod;
  readonly expiresInSeconds: number;
}

export interface SignedApproval {
  /** The JWT for `spec.approvals.claim`. */
  readonly claim: string;
  /** Its id, for the evidence. */
  readonly id: string;
  readonly approvedAt: Date;
  readonly expiresAt: Date;
}

/**
 * Approvals that agents check themselves (agent contract, APR). Whether somebody may approve, and that he is himself, is for
 * the caller to know, who also appends the audit entry.
 */
@Injectable()
export class ApprovalClaims {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keys: ApprovalKeyRing,
    private readonly keySets: SignedKeySets,
    @Inject(APPROVAL_KEY_OPTIONS) private readonly options: ApprovalKeyOptions,
  ) {}

  /** The keys that claims are signed by, signed by the trust root. */
  keySet(): Promise<string> {
    return this.keySets.of(this.keys, "approval");
  }

  /** @throws DomainError forbidden where the requester approves, validation_failed for a claim that would count too long */
  async sign(approval: NewApproval): Promise<SignedApproval> {
    const { approver, requester, expiresInSeconds } = approval;
    requireOther(approver, requester);
    requireLifetime(expiresInSeconds);
    const { current } = await this.keys.get();
    const iat = await this.unitOfWork.asWorker((stores) =>
      stores.get(SigningKeyStore).secondsNow(),
    );
    const id = newId();
    const exp = iat + expiresInSeconds;
    const claims = {
      iss: this.options.issuer(),
      iat,
      exp,
      jti: id,
      op: approval.operationId,
      cluster: approval.clusterCode,
      namespace: approval.namespace,
      name: approval.name,
      digest: await operationDigest(approval.spec),
      sub: approver,
      requester,
      amr: [approval.amr],
    };
    return {
      claim: await signApproval(claims, current),
      id,
      approvedAt: new Date(iat * 1000),
      expiresAt: new Date(exp * 1000),
    };
  }
}

function requireOther(approver: string, requester: string): void {
  if (isSamePerson(approver, requester))
    throw new DomainError(
      "forbidden",
      `${approver.slice(0, 80)} asked for this operation: somebody else has to approve it.`,
    );
}

function requireLifetime(seconds: number): void {
  const isRight =
    Number.isInteger(seconds) && seconds > 0 && seconds <= APPROVAL_MAX_SECONDS;
  if (!isRight)
    throw new DomainError(
      "validation_failed",
      `An approval can't count for ${seconds} seconds: let it be 1 to ${APPROVAL_MAX_SECONDS}.`,
    );
}
