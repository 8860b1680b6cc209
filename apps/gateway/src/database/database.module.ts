import { type DynamicModule, Global, Module } from "@nestjs/common";
import { DatabaseHealth } from "./database-health";
import { DatabasePools, openPools } from "./database-pools";
import type { DatabaseUrls } from "./data-sources";
import { MasterKey } from "./master-key";
import { SqlUnitOfWork } from "./sql-unit-of-work";
import { StoreBindings } from "./store-bindings";
import { UnitOfWork } from "./unit-of-work";

@Global()
@Module({})
export class DatabaseModule {
  static register(options: {
    urls: DatabaseUrls;
    masterKey: MasterKey;
    poolSize: number;
  }): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        StoreBindings,
        { provide: MasterKey, useValue: options.masterKey },
        {
          provide: DatabasePools,
          useFactory: () => openPools(options.urls, options.poolSize),
        },
        {
          provide: DatabaseHealth,
          inject: [DatabasePools],
          useFactory: (pools: DatabasePools) => new DatabaseHealth(pools),
        },
        {
          provide: UnitOfWork,
          inject: [DatabasePools, StoreBindings],
          useFactory: (pools: DatabasePools, bindings: StoreBindings) =>
            new SqlUnitOfWork(pools, bindings),
        },
      ],
      exports: [StoreBindings, MasterKey, UnitOfWork, DatabaseHealth],
    };
  }
}
