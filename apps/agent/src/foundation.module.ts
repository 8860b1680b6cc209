import { type DynamicModule, Module } from "@nestjs/common";
import { Clock, SystemClock } from "@vworkspace/kernel";
import {
  KubeApi,
  KubeConnection,
  loadKubeConnection,
  openKubeApi,
  WatchSource,
} from "@vworkspace/kube";
import { AgentConfig } from "./config";
import { Metrics } from "./health/metrics";
import { Log } from "./log";

/** What is handed to the agent from outside; absent parts are the real ones. */
export interface AgentParts {
  readonly config: AgentConfig;
  readonly log: Log;
  readonly clock?: Clock;
  /** The way to the cluster; absent: from the configuration. */
  readonly connection?: KubeConnection;
}

/** What every room stands on: settings, time, log, metrics and the Kubernetes API. */
@Module({})
export class FoundationModule {
  static register(parts: AgentParts): DynamicModule {
    const tokens = [
      AgentConfig,
      Log,
      Clock,
      Metrics,
      KubeConnection,
      KubeApi,
      WatchSource,
    ];
    return {
      module: FoundationModule,
      global: true,
      exports: tokens,
      providers: [
        { provide: AgentConfig, useValue: parts.config },
        { provide: Log, useValue: parts.log },
        { provide: Clock, useValue: parts.clock ?? new SystemClock() },
        { provide: Metrics, useFactory: () => new Metrics() },
        {
          provide: KubeConnection,
          useFactory: () => parts.connection ?? connect(parts.config),
        },
        {
          provide: KubeApi,
          inject: [KubeConnection],
          useFactory: (connection: KubeConnection) => openKubeApi(connection),
        },
        { provide: WatchSource, useExisting: KubeApi },
      ],
    };
  }
}

function connect({ kubeconfig, kubeContext }: AgentConfig): KubeConnection {
  return loadKubeConnection({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(kubeContext !== undefined && { context: kubeContext }),
  });
}
