import { type DynamicModule, Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { SqlTrustCopyStore } from "./adapters/sql-trust-copy-store";
import { TrustCopyStore } from "./domain/trust-copy";
import {
  TRUST_COPY_OPTIONS,
  type TrustCopyOptions,
  TrustCopyService,
} from "./trust-copy.service";

@Module({})
export class TrustCopyModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(TrustCopyStore, SqlTrustCopyStore);
  }

  static register(options: TrustCopyOptions): DynamicModule {
    return {
      module: TrustCopyModule,
      global: true,
      providers: [
        { provide: TRUST_COPY_OPTIONS, useValue: options },
        TrustCopyService,
      ],
      exports: [TrustCopyService],
    };
  }
}
