import {
  type ObjectIdentity,
  objectKey,
} from "../../../delivery/domain/desired-object";
import type { Instance, Observation } from "./instance";
import { decideInstanceState } from "./instance-state.decide";
import type { SeenInstance } from "./instance-store";

/** An object as it was seen at one moment. */
export interface Sighting {
  readonly object: ObjectIdentity;
  readonly observation: Observation;
  readonly endpoints: readonly unknown[];
}

/**
 * What becomes of instances by sightings of their objects, one after the other.
 * @param instances by `objectKey` of the object that each becomes
 * @returns `seen`: the last that was seen of each; `changed`: each new state that one came to, in order
 */
export function followSightings(
  instances: ReadonlyMap<string, Instance>,
  sightings: readonly Sighting[],
): {
  readonly seen: readonly SeenInstance[];
  readonly changed: readonly Instance[];
} {
  const current = new Map(instances);
  const seen = new Map<string, SeenInstance>();
  const changed: Instance[] = [];
  for (const { object, observation, endpoints } of sightings) {
    const key = objectKey(object);
    const instance = current.get(key);
    if (instance === undefined) continue;
    const { id, generation } = instance;
    const state = decideInstanceState({
      current: instance.state,
      generation,
      observation,
    });
    seen.set(key, { id, observation, endpoints, state });
    if (state === instance.state) continue;
    const next = { ...instance, state };
    current.set(key, next);
    changed.push(next);
  }
  return { seen: [...seen.values()], changed };
}
