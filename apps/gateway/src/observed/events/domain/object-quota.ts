import type { AgentEvent, ResourceRef } from "@vworkspace/contract";

/**
 * Objects of one cluster that are followed, besides those that it is to have: a cluster that invents names neither fills the
 * database nor keeps its own applications from being followed.
 */
export const MAX_OBJECTS_PER_CLUSTER = 50_000;

export interface Arrived {
  readonly index: number;
  readonly event: AgentEvent;
}

export interface Refused {
  readonly index: number;
  readonly reason: string;
}

/** The objects that an event would have noted, by the events' own references. */
export function objectsOf(event: AgentEvent): readonly ResourceRef[] {
  if (event.snapshot !== undefined)
    return event.snapshot.items.map(({ resourceRef }) => resourceRef);
  return event.conditions === undefined ? [] : [event.resourceRef];
}

/**
 * The events without what there is no room for. An event about an object that would be one too many is refused; a page of a
 * snapshot is taken without such objects, since it also tells what is absent.
 * @param isUnknown whether an object is neither followed yet nor one that the cluster is to have
 * @param keyOf text that names an object within the cluster
 * @param room how many more can be followed
 */
export function withinQuota(
  events: readonly Arrived[],
  room: number,
  {
    isUnknown,
    keyOf,
  }: {
    readonly isUnknown: (ref: ResourceRef) => boolean;
    readonly keyOf: (ref: ResourceRef) => string;
  },
): {
  readonly taken: readonly Arrived[];
  readonly refused: readonly Refused[];
} {
  const admitted = new Set<string>();
  const hasRoom = (ref: ResourceRef) => {
    if (!isUnknown(ref) || admitted.has(keyOf(ref))) return true;
    if (admitted.size >= room) return false;
    admitted.add(keyOf(ref));
    return true;
  };
  const taken: Arrived[] = [];
  const refused: Refused[] = [];
  for (const { index, event } of events) {
    const { snapshot } = event;
    const tooMany = objectsOf(event).filter((ref) => !hasRoom(ref)).length;
    if (tooMany > 0) refused.push({ index, reason: reasonOf(tooMany) });
    if (tooMany === 0) taken.push({ index, event });
    else if (snapshot !== undefined) {
      const items = snapshot.items.filter((it) => hasRoom(it.resourceRef));
      taken.push({
        index,
        event: { ...event, snapshot: { ...snapshot, items } },
      });
    }
  }
  return { taken, refused };
}

function reasonOf(count: number): string {
  return `resourceRef: ${count} more than the ${MAX_OBJECTS_PER_CLUSTER} objects that are followed of one cluster; report fewer`;
}
