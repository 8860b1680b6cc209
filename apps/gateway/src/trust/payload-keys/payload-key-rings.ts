import { Injectable } from "@nestjs/common";
import { MasterKey } from "../../database/master-key";
import { UnitOfWork } from "../../database/unit-of-work";
import { SigningKeyRing } from "../identity/signing-key-ring";

export const PAYLOAD_PURPOSE = "payload";
export const TRUST_ROOT_PURPOSE = "payload-root";

/** Keys that sign payloads. */
@Injectable()
export class PayloadKeyRing extends SigningKeyRing {
  constructor(unitOfWork: UnitOfWork, masterKey: MasterKey) {
    super(unitOfWork, masterKey, PAYLOAD_PURPOSE);
  }
}

/** The key that signs the set of those. Agents pin it when they register, so that it stays until they register again. */
@Injectable()
export class TrustRootRing extends SigningKeyRing {
  constructor(unitOfWork: UnitOfWork, masterKey: MasterKey) {
    super(unitOfWork, masterKey, TRUST_ROOT_PURPOSE);
  }
}
