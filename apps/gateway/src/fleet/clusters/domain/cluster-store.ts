import type { Cluster, ClusterState } from "./cluster";
import type { TokenMode } from "./sender-constraint.decide";

export interface NewCluster {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly simulated: boolean;
}

export interface ClusterFacts {
  readonly agentVersion?: string | undefined;
  readonly clusterUid?: string | undefined;
  readonly simulated?: boolean | undefined;
  readonly controllers?: readonly unknown[] | undefined;
  readonly conditions?: readonly unknown[] | undefined;
}

/** Clusters of one organization. */
export abstract class ClusterStore {
  /** False when the code is taken. */
  abstract add(cluster: NewCluster): Promise<boolean>;
  abstract byId(id: string): Promise<Cluster | undefined>;
  /** The same, holding the row until the transaction ends. */
  abstract lock(id: string): Promise<Cluster | undefined>;
  abstract byCode(code: string): Promise<Cluster | undefined>;
  abstract rename(id: string, name: string): Promise<void>;
  abstract setState(id: string, state: ClusterState): Promise<void>;
  abstract setTokenMode(id: string, mode: TokenMode): Promise<void>;
  /** Notes that a copy of a credential betrayed itself, or that none can be left. */
  abstract noteReuse(id: string, isReused: boolean): Promise<void>;
  /** What the agent tells of itself; only what is given changes. */
  abstract setFacts(id: string, facts: ClusterFacts): Promise<void>;
  /** Conditions of the cluster itself, by type: those given replace theirs. */
  abstract mergeConditions(
    id: string,
    conditions: readonly { readonly type: string }[],
  ): Promise<void>;
}

/** When a cluster was last heard of, and when it could have been; written in batches, never by a poll itself. */
export abstract class PresenceStore {
  /**
   * Prolongs a stretch of time in which this replica listened to the present.
   * @returns false where there is none of that id that ended less than `gapSeconds` ago
   */
  abstract prolongListening(id: string, gapSeconds: number): Promise<boolean>;
  /** Begins a stretch now; of the old ones only the newest are kept. */
  abstract beginListening(id: string): Promise<void>;
  abstract touch(
    seen: readonly {
      readonly organizationId: string;
      readonly clusterId: string;
    }[],
  ): Promise<void>;
}
