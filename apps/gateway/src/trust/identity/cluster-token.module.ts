import { type DynamicModule, Module } from "@nestjs/common";
import { LIMITS } from "@vworkspace/contract";
import { MasterKey } from "../../database/master-key";
import { StoreBindings } from "../../database/store-bindings";
import { UnitOfWork } from "../../database/unit-of-work";
import { SqlSigningKeyStore } from "./adapters/sql-signing-key-store";
import { ClusterTokenService } from "./cluster-token.service";
import { SigningKeyStore } from "./domain/signing-key-store";
import { CLUSTER_TOKEN_PURPOSE, SigningKeyRing } from "./signing-key-ring";
import { SigningKeyService } from "./signing-key.service";
import { TOKEN_OPTIONS, type TokenOptions } from "./token-options";

/** Until the last token of a key has ended, and may no longer be renewed either. */
const VERIFY_SECONDS = LIMITS.tokenSeconds + LIMITS.renewalSeconds;

/** Tokens of clusters, and the keys that sign them. */
@Module({})
export class ClusterTokenModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(SigningKeyStore, SqlSigningKeyStore);
  }

  static register(options: TokenOptions): DynamicModule {
    return {
      module: ClusterTokenModule,
      global: true,
      providers: [
        { provide: TOKEN_OPTIONS, useValue: options },
        {
          provide: SigningKeyRing,
          inject: [UnitOfWork, MasterKey],
          useFactory: (unitOfWork: UnitOfWork, masterKey: MasterKey) =>
            new SigningKeyRing(unitOfWork, masterKey),
        },
        {
          provide: SigningKeyService,
          inject: [UnitOfWork, MasterKey, SigningKeyRing],
          useFactory: (
            unitOfWork: UnitOfWork,
            masterKey: MasterKey,
            ring: SigningKeyRing,
          ) =>
            new SigningKeyService(unitOfWork, masterKey, ring, {
              ...options,
              purpose: CLUSTER_TOKEN_PURPOSE,
              verifySeconds: VERIFY_SECONDS,
            }),
        },
        ClusterTokenService,
      ],
      exports: [ClusterTokenService, SigningKeyService, SigningKeyRing],
    };
  }
}
