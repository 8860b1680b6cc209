import { type DynamicModule, Module } from "@nestjs/common";
import { Clock, SystemClock } from "@vworkspace/kernel";
import {
  FencedConnection,
  KubeApi,
  KubeConnection,
  loadKubeConnection,
  openKubeApi,
  WatchSource,
} from "@vworkspace/kube";
import { AgentConfig } from "./config";
import { Metrics } from "./health/metrics";
import { Leadership, SoleLeadership } from "./leadership/leadership";
import { LeaseLeadership } from "./leadership/lease-leadership";
import { Log } from "./log";
import { ReflectorWatches } from "./watches/reflector-watches";

/** What is handed to the agent from outside; absent parts are the real ones. */
export interface AgentParts {
  readonly config: AgentConfig;
  readonly log: Log;
  readonly clock?: Clock;
  /** The way to the cluster; absent: from the configuration. */
  readonly connection?: KubeConnection;
}

/** What every room stands on. */
export const FOUNDATION = [
  AgentConfig,
  Log,
  Clock,
  Metrics,
  Leadership,
  KubeConnection,
  KubeApi,
  WatchSource,
  ReflectorWatches,
] as const;

/** Settings, time, log, metrics, who leads, the Kubernetes API (written to by the leader alone), and what is seen of it. */
@Module({})
export class FoundationModule {
  static register(parts: AgentParts): DynamicModule {
    const { config, log, clock = new SystemClock() } = parts;
    const unfenced = parts.connection ?? connect(config);
    const leadership = leadershipOf({ config, log, clock, unfenced });
    const connection = new FencedConnection(unfenced, leadership);
    const api = openKubeApi(connection, { clock });
    return {
      module: FoundationModule,
      global: true,
      exports: [...FOUNDATION],
      providers: [
        { provide: AgentConfig, useValue: config },
        { provide: Log, useValue: log },
        { provide: Clock, useValue: clock },
        { provide: Metrics, useFactory: () => new Metrics() },
        { provide: Leadership, useValue: leadership },
        { provide: KubeConnection, useValue: connection },
        { provide: KubeApi, useValue: api },
        { provide: WatchSource, useValue: api },
        {
          provide: ReflectorWatches,
          useFactory: () => new ReflectorWatches(api, { clock, log }),
        },
      ],
    };
  }
}

function leadershipOf(parts: {
  readonly config: AgentConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly unfenced: KubeConnection;
}): Leadership {
  const { config, log, clock, unfenced } = parts;
  if (!config.hasLeaderElection) return new SoleLeadership();
  const api = openKubeApi(unfenced, { clock });
  return new LeaseLeadership({
    api,
    clock,
    log,
    namespace: config.agentNamespace,
  });
}

function connect({ kubeconfig, kubeContext }: AgentConfig): KubeConnection {
  return loadKubeConnection({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(kubeContext !== undefined && { context: kubeContext }),
  });
}
