import { type DynamicModule, Logger, Module } from "@nestjs/common";
import { SystemClock } from "@vworkspace/kernel";
import { PgClusterSignals } from "./adapters/pg-cluster-signals";
import { ClusterSignals } from "./domain/cluster-signals";

@Module({})
export class SignalsModule {
  /** @param url of the worker role, past any pooler: a pooler in transaction mode loses LISTEN */
  static register(url: string): DynamicModule {
    const logger = new Logger("ClusterSignals");
    const useFactory = () =>
      new PgClusterSignals(url, new SystemClock(), (error, what) =>
        logger.warn({ err: error }, what),
      );
    return {
      module: SignalsModule,
      global: true,
      providers: [{ provide: ClusterSignals, useFactory }],
      exports: [ClusterSignals],
    };
  }
}
