import type { Condition } from "@vworkspace/contract";
import type { Clock } from "@vworkspace/kernel";
import {
  type KubeApi,
  type KubeObject,
  recheckAfter,
  type ReconcileOutcome,
  settled,
} from "@vworkspace/kube";
import {
  CLUSTER,
  type ClusterStatus,
  FIELD_MANAGERS,
} from "@vworkspace/resources";
import type { Link } from "../../control-plane/link";
import {
  changedConditions,
  conditionEvents,
} from "../../reporting/condition-events.decide";
import type { Reporter } from "../../reporting/reporter";
import { resourceRefOf } from "../../reporting/resource-ref";
import type { Watches } from "../../watches/watches";
import { clusterToWrite, OWN_CLUSTER, ownCluster } from "./cluster.decide";
import { clusterStatus } from "./cluster.status";

export interface ClusterReconcilerOptions {
  readonly api: KubeApi;
  readonly watches: Watches;
  readonly link: Link;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly endpoint: string;
  readonly disconnectAfterMs: number;
  readonly agentNamespace: string;
  readonly agentVersion: string;
}

const RECHECK_MS = 30_000;

/** Keeps the agent's own Cluster object: how it stands with the control plane. */
export class ClusterReconciler {
  private readonly startedAt: number;

  constructor(private readonly options: ClusterReconcilerOptions) {
    this.startedAt = options.clock.now();
  }

  /** Name of the Cluster object, also before it exists. */
  get name(): string {
    const seen = this.options.watches.objects(CLUSTER).values();
    return ownCluster(seen)?.metadata.name ?? OWN_CLUSTER;
  }

  async reconcile(): Promise<ReconcileOutcome> {
    const { watches, api } = this.options;
    if (!watches.isServed(CLUSTER)) return settled;
    const existing = await api.get<KubeObject>({ ...CLUSTER, name: this.name });
    const cluster = await this.written(existing);
    await this.report(cluster);
    return recheckAfter(RECHECK_MS);
  }

  private async written(existing: KubeObject | undefined): Promise<KubeObject> {
    const { api, endpoint, link } = this.options;
    const wanted = clusterToWrite(existing, {
      endpoint,
      clusterId: link.facts.clusterId,
    });
    if (wanted === undefined) return existing as KubeObject;
    return api.apply(wanted, { fieldManager: FIELD_MANAGERS.operator });
  }

  private async report(cluster: KubeObject): Promise<void> {
    const { api, link, clock, reporter, disconnectAfterMs } = this.options;
    const old = (cluster["status"] ?? {}) as ClusterStatus;
    const status = clusterStatus(
      old,
      {
        link: link.facts,
        isAlive: link.isAlive(disconnectAfterMs),
        buffer: reporter.buffer,
        startedAt: this.startedAt,
        disconnectAfterMs,
        agentNamespace: this.options.agentNamespace,
        agentVersion: this.options.agentVersion,
      },
      { now: clock.now(), generation: cluster.metadata.generation ?? 0 },
    );
    if (status === undefined) return;
    await api.patchStatus<KubeObject>(
      { ...cluster, status },
      { fieldManager: FIELD_MANAGERS.operator },
    );
    const changed = changedConditions(stateOf(old), stateOf(status));
    for (const event of conditionEvents(resourceRefOf(cluster), changed))
      await reporter.report(event);
  }
}

function stateOf({ conditions = [] }: ClusterStatus) {
  return { conditions: conditions as readonly Condition[] };
}
