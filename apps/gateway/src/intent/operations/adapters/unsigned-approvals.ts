import { Injectable } from "@nestjs/common";
import { ApprovalClaims } from "../domain/approval-claims";

/** Signs nothing: approvals are recorded here, and agents keep what needs one waiting, since they see no claim. */
@Injectable()
export class UnsignedApprovals extends ApprovalClaims {
  override sign(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
