import { Injectable } from "@nestjs/common";
import {
  type KeySetUse,
  type PublicJwk,
  signKeySet,
} from "@vworkspace/contract";
import { UnitOfWork } from "../../database/unit-of-work";
import { SigningKeyStore } from "../identity/domain/signing-key-store";
import type { SigningKeyRing } from "../identity/signing-key-ring";
import { TrustRootRing } from "./payload-key-rings";
import { publicJwk } from "./public-jwk";

/** Sets of public keys that agents take, whoever carried them: the trust root signs them. */
@Injectable()
export class SignedKeySets {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly roots: TrustRootRing,
  ) {}

  /** What an agent pins at registration. */
  async trustRoot(): Promise<PublicJwk> {
    const { current, published } = await this.roots.get();
    const root = published.find(({ kid }) => kid === current.kid);
    return publicJwk(root ?? {});
  }

  /**
   * What is in a ring now. The version is the moment in seconds by the database's clock: it rises with every set, on every
   * replica and after a restore too, without a counter that a restore would set back.
   */
  async of(ring: SigningKeyRing, use: KeySetUse): Promise<string> {
    const { published } = await ring.reload();
    const { current: root } = await this.roots.get();
    const version = await this.unitOfWork.asWorker((stores) =>
      stores.get(SigningKeyStore).secondsNow(),
    );
    const set = { version, keys: published.map(publicJwk).map(named) };
    return signKeySet(set, root, use);
  }
}

function named(jwk: PublicJwk): PublicJwk & { kid: string } {
  return { ...jwk, kid: jwk.kid ?? "" };
}
