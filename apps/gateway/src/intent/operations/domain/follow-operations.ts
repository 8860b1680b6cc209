import {
  type ObjectIdentity,
  objectKey,
} from "../../../delivery/domain/desired-object";
import type { Operation } from "./operation";
import { decideCourse, type SeenOperation } from "./operation-course.decide";
import type { FollowedOperation } from "./operation-store";

export interface OperationSighting {
  readonly object: ObjectIdentity;
  readonly seen: SeenOperation;
}

/**
 * What becomes of operations by sightings of their objects, one after the other.
 * @param known by `objectKey` of the object that each becomes
 * @returns `followed`: each with the last that was seen of it; `changed`: each new state that one came to, in order
 */
export function followOperations(
  known: ReadonlyMap<string, Operation>,
  sightings: readonly OperationSighting[],
): {
  readonly followed: readonly FollowedOperation[];
  readonly changed: readonly Operation[];
} {
  const current = new Map(known);
  const followed = new Map<string, FollowedOperation>();
  const changed: Operation[] = [];
  for (const { object, seen } of sightings) {
    const key = objectKey(object);
    const operation = current.get(key);
    if (operation === undefined) continue;
    const course = decideCourse(operation, seen);
    const next = { ...operation, ...course };
    current.set(key, next);
    // What has ended keeps what was seen of its end.
    if (course !== operation)
      followed.set(key, { operation: next, seen, course });
    if (course.state !== operation.state) changed.push(next);
  }
  return { followed: [...followed.values()], changed };
}
