import type {
  DeliveryProgress,
  DesiredState,
  ObjectIdentity,
} from "./desired-object";

/** A generation that was carried, and Kubernetes' own generation of the object after that, where the agent told it. */
export interface SettledGeneration {
  readonly generation: number;
  readonly objectGeneration: number | undefined;
}

/** Generation counters and newest desired states, of one organization. */
export abstract class DesiredObjectStore {
  /** Takes the next generation and keeps the state; holds the object's row until the transaction ends. */
  abstract issue(state: DesiredState): Promise<number>;
  /** Progress of an object, holding its row; undefined where nothing was ever desired. */
  abstract lock(object: ObjectIdentity): Promise<DeliveryProgress | undefined>;
  /** Takes the next generation for the same state again. */
  abstract reissue(object: ObjectIdentity): Promise<number>;
  /** Raises the counter above a generation that a cluster was seen to carry. */
  abstract raiseAbove(
    object: ObjectIdentity,
    generation: number,
  ): Promise<void>;
  /** Notes that a delivery of that generation succeeded, now: an older look at the cluster doesn't know of it yet. */
  abstract noteSettled(
    object: ObjectIdentity,
    settled: SettledGeneration,
  ): Promise<void>;
  /** By `objectKey`: the newest generation that a delivery of the object has succeeded for; without holding anything. */
  abstract settledGenerations(
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlyMap<string, SettledGeneration>>;
  abstract setWaitsForDelete(
    object: ObjectIdentity,
    waits: boolean,
  ): Promise<void>;
  /** When to issue again; undefined for not at all. */
  abstract scheduleReissue(
    object: ObjectIdentity,
    pauseSeconds: number | undefined,
  ): Promise<void>;
  /** The same for many, at once: the next sweeps issue them again. */
  abstract scheduleReissues(objects: readonly ObjectIdentity[]): Promise<void>;
  /** The newest states of these are issued no more, until something new is desired of the object. */
  abstract retire(objects: readonly ObjectIdentity[]): Promise<void>;
  /**
   * Notes the generations that were seen in the cluster, 0 for none, each object once; a pending re-issue that one makes
   * needless is taken back. Holds the objects' rows, changed or not.
   */
  abstract noteObserved(
    seen: readonly {
      readonly object: ObjectIdentity;
      readonly generation: number;
    }[],
  ): Promise<void>;
}
