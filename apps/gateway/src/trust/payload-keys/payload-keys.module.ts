import { type DynamicModule, Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { SqlClusterEncryptionKeyStore } from "./adapters/sql-cluster-encryption-key-store";
import { ClusterEncryptionKeyStore } from "./domain/cluster-encryption-key-store";
import {
  PAYLOAD_KEY_OPTIONS,
  type PayloadKeyOptions,
} from "./payload-key-options";
import { PayloadKeyRing, TrustRootRing } from "./payload-key-rings";
import { PayloadKeyRotation, TrustRootKeys } from "./payload-key-rotation";
import { PayloadKeyService } from "./payload-key.service";
import { SignedKeySets } from "./signed-key-sets";

/** Keys that payloads are signed by and encrypted to. */
@Module({})
export class PayloadKeysModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(ClusterEncryptionKeyStore, SqlClusterEncryptionKeyStore);
  }

  static register(options: PayloadKeyOptions): DynamicModule {
    return {
      module: PayloadKeysModule,
      global: true,
      providers: [
        { provide: PAYLOAD_KEY_OPTIONS, useValue: options },
        PayloadKeyRing,
        TrustRootRing,
        PayloadKeyRotation,
        TrustRootKeys,
        SignedKeySets,
        PayloadKeyService,
      ],
      exports: [PayloadKeyService, PayloadKeyRotation, SignedKeySets],
    };
  }
}
