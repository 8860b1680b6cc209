import type { ObjectIdentity } from "../../../delivery/domain/desired-object";
import type { Instance, InstanceState, Observation } from "./instance";

export interface NewInstance extends Omit<
  Instance,
  "generation" | "observed_generation" | "state"
> {
  readonly origin: string;
  readonly created_by: string;
}

/** What was seen of an instance, and the state that follows from it. */
export interface SeenInstance {
  readonly id: string;
  readonly observation: Observation;
  readonly endpoints: readonly unknown[];
  readonly state: InstanceState;
}

/** Application instances of one organization. */
export abstract class InstanceStore {
  /** False when an instance that isn't deleted has the place or the external_ref. */
  abstract add(instance: NewInstance): Promise<boolean>;
  abstract find(id: string): Promise<Instance | undefined>;
  /** Holds the row until the transaction ends. */
  abstract lock(id: string): Promise<Instance | undefined>;
  /** The instance that lives at that place, holding its row. */
  abstract lockLiveAt(
    object: Pick<ObjectIdentity, "clusterId" | "namespace" | "name">,
  ): Promise<Instance | undefined>;
  /** The instance of that place that is being deleted; the newest whose delete's generation isn't above `through`. */
  abstract lockDeletingAt(
    object: Pick<ObjectIdentity, "clusterId" | "namespace" | "name">,
    through?: number,
  ): Promise<Instance | undefined>;
  abstract lockByExternalRef(
    externalRef: string,
  ): Promise<Instance | undefined>;
  abstract save(instance: Instance): Promise<void>;
  /** By `objectKey` of what they become: who lives at these places, else who is being deleted there last. Holds the rows. */
  abstract lockAt(
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlyMap<string, Instance>>;
  /** Notes what was seen, and the state that follows from it; each instance once. */
  abstract saveObserved(seen: readonly SeenInstance[]): Promise<void>;
  /** How many instances aren't deleted, in the organization or on one cluster. */
  abstract count(clusterId: string | null): Promise<number>;
  /** The newest observation of the instance's object, if it was ever seen. */
  abstract observation(
    object: ObjectIdentity,
  ): Promise<Observation | undefined>;
}
