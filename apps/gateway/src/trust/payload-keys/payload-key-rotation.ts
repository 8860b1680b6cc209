import { Inject, Injectable } from "@nestjs/common";
import { MasterKey } from "../../database/master-key";
import { UnitOfWork } from "../../database/unit-of-work";
import { SigningKeyService } from "../identity/signing-key.service";
import {
  PAYLOAD_KEY_OPTIONS,
  type PayloadKeyOptions,
} from "./payload-key-options";
import {
  PAYLOAD_PURPOSE,
  PayloadKeyRing,
  TRUST_ROOT_PURPOSE,
  TrustRootRing,
} from "./payload-key-rings";

/** The life of the keys that sign payloads; a key that signs no more verifies what is under way for a day. */
@Injectable()
export class PayloadKeyRotation extends SigningKeyService {
  constructor(
    unitOfWork: UnitOfWork,
    masterKey: MasterKey,
    ring: PayloadKeyRing,
    @Inject(PAYLOAD_KEY_OPTIONS) options: PayloadKeyOptions,
  ) {
    super(unitOfWork, masterKey, ring, {
      purpose: PAYLOAD_PURPOSE,
      algorithm: "EdDSA",
      verifySeconds: 24 * 3600,
      ...options,
    });
  }
}

/** Makes the trust root at the first start; there is no schedule that it is replaced by. */
@Injectable()
export class TrustRootKeys extends SigningKeyService {
  constructor(
    unitOfWork: UnitOfWork,
    masterKey: MasterKey,
    ring: TrustRootRing,
  ) {
    super(unitOfWork, masterKey, ring, {
      purpose: TRUST_ROOT_PURPOSE,
      algorithm: "EdDSA",
      verifySeconds: Infinity,
      rotationSeconds: Infinity,
      publishSeconds: 0,
    });
  }
}
