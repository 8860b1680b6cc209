import { Inject, Injectable } from "@nestjs/common";
import { APPROVAL_ALGORITHM } from "@vworkspace/contract";
import { MasterKey } from "../../database/master-key";
import { UnitOfWork } from "../../database/unit-of-work";
import { SigningKeyRing } from "../identity/signing-key-ring";
import { SigningKeyService } from "../identity/signing-key.service";
import {
  APPROVAL_KEY_OPTIONS,
  APPROVAL_MAX_SECONDS,
  type ApprovalKeyOptions,
} from "./approval-key-options";

const PURPOSE = "approval";

/** Keys that sign approvals, and nothing else. */
@Injectable()
export class ApprovalKeyRing extends SigningKeyRing {
  constructor(unitOfWork: UnitOfWork, masterKey: MasterKey) {
    super(unitOfWork, masterKey, PURPOSE);
  }
}

/** The life of those keys; a key that signs no more verifies for as long as its last claim may count, and a day. */
@Injectable()
export class ApprovalKeyRotation extends SigningKeyService {
  constructor(
    unitOfWork: UnitOfWork,
    masterKey: MasterKey,
    ring: ApprovalKeyRing,
    @Inject(APPROVAL_KEY_OPTIONS) options: ApprovalKeyOptions,
  ) {
    super(unitOfWork, masterKey, ring, {
      purpose: PURPOSE,
      algorithm: APPROVAL_ALGORITHM,
      verifySeconds: APPROVAL_MAX_SECONDS + 86_400,
      rotationSeconds: options.rotationSeconds,
      publishSeconds: options.publishSeconds,
    });
  }
}
