import type { AgentEvent } from "@vworkspace/contract";
import type { ObjectIdentity } from "../../../delivery/domain/desired-object";
import type { Observation } from "./fold-reports";
import type { ObservedObject } from "./observation";

/** Events as they came, and the newest observation of each object, of one organization. */
export abstract class EventStore {
  /** Waits until no other batch of the cluster is being taken. Returns the database's clock then, RFC 3339 UTC. */
  abstract takeTurn(clusterId: string): Promise<string>;
  /** Of these (index, key, timestamp): the indexes that were not seen before. Remembers them. */
  abstract rememberNew(
    clusterId: string,
    occurrences: readonly {
      readonly index: number;
      readonly key: string;
      readonly timestamp: string;
    }[],
  ): Promise<ReadonlySet<number>>;
  abstract add(clusterId: string, events: readonly AgentEvent[]): Promise<void>;
  abstract addRejected(
    clusterId: string,
    rejected: readonly { readonly reason: string; readonly body: string }[],
  ): Promise<void>;
  /**
   * By `objectKey`: the observations of objects of a cluster. Who holds the cluster's turn is the only one who changes
   * them.
   */
  abstract observed(
    clusterId: string,
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlyMap<string, ObservedObject>>;
  /** By `objectKey`: which of these objects were never seen of the cluster, and are none that it is to have. */
  abstract strangers(
    clusterId: string,
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlySet<string>>;
  /** How many objects of a cluster are kept; counted no further than `limit`. */
  abstract countObserved(clusterId: string, limit: number): Promise<number>;
  /** Forgets what is gone from the cluster, save what it is to have. */
  abstract forgetAbsent(clusterId: string): Promise<void>;
  /** Each object once. */
  abstract saveObserved(
    clusterId: string,
    observations: readonly Observation[],
  ): Promise<void>;
  /** Objects of the cluster that are noted as present and that no page of the snapshot listed. */
  abstract unlisted(
    clusterId: string,
    snapshotId: string,
  ): Promise<readonly ObjectIdentity[]>;
  /** Notes that objects are gone. @param at RFC 3339 UTC; what was reported before that doesn't bring them back */
  abstract markAbsent(
    clusterId: string,
    objects: readonly ObjectIdentity[],
    at: string,
  ): Promise<void>;
  /**
   * Objects that are behind, different, missing, or there and shouldn't be, and that no open job is about.
   * @param lookedAt of the snapshot, RFC 3339 UTC; what a delivery has settled since then it can't know of
   */
  abstract undelivered(
    clusterId: string,
    lookedAt: string,
  ): Promise<
    readonly {
      readonly object: ObjectIdentity;
      readonly seenGeneration: number;
    }[]
  >;
}
