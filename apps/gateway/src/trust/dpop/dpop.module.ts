import { type DynamicModule, Module } from "@nestjs/common";
import { SystemClock } from "@vworkspace/kernel";
import { MasterKey } from "../../database/master-key";
import { StoreBindings } from "../../database/store-bindings";
import { UnitOfWork } from "../../database/unit-of-work";
import { SqlDpopProofStore } from "./adapters/sql-dpop-proof-store";
import { DpopProofStore } from "./domain/dpop-proof-store";
import { DpopNonces } from "./dpop-nonces";
import { DPOP_OPTIONS, type DpopOptions } from "./dpop-options";
import { DpopVerifier } from "./dpop-verifier.service";

/** Proofs that a request's sender holds a key (RFC 9449). */
@Module({})
export class DpopModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(DpopProofStore, SqlDpopProofStore);
  }

  static register(options: DpopOptions): DynamicModule {
    return {
      module: DpopModule,
      global: true,
      providers: [
        { provide: DPOP_OPTIONS, useValue: options },
        {
          provide: DpopNonces,
          inject: [UnitOfWork, MasterKey],
          useFactory: (unitOfWork: UnitOfWork, masterKey: MasterKey) =>
            new DpopNonces(unitOfWork, masterKey, new SystemClock()),
        },
        DpopVerifier,
      ],
      exports: [DpopVerifier, DpopNonces],
    };
  }
}
