import type { ObjectIdentity } from "../../../delivery/domain/desired-object";
import type { Operation, OperationCourse } from "./operation";
import type { SeenOperation } from "./operation-course.decide";
import type { OperationTarget } from "./operation-target";

/** What was seen of an operation, and the course that follows from it. */
export interface FollowedOperation {
  readonly operation: Operation;
  readonly seen: SeenOperation;
  readonly course: OperationCourse;
}

/** Operations of one organization. */
export abstract class OperationStore {
  /** False when another has the external_ref, or the schedule's due time. */
  abstract add(operation: Operation): Promise<boolean>;
  abstract find(id: string): Promise<Operation | undefined>;
  /** Holds the row until the transaction ends. */
  abstract lock(id: string): Promise<Operation | undefined>;
  abstract byExternalRef(externalRef: string): Promise<Operation | undefined>;
  /** What may change by a decision of ours: approval, cancellation, generation, upgrade, course, external_ref. */
  abstract save(operation: Operation): Promise<void>;
  /** By `objectKey` of what they become; holds the rows. */
  abstract lockAt(
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlyMap<string, Operation>>;
  /**
   * Notes what was seen, and the course that follows; each operation once. From its end on an object is kept for
   * `objectDays`.
   */
  abstract saveFollowed(
    followed: readonly FollowedOperation[],
    objectDays: number,
  ): Promise<void>;
  /** The instance, held against a deletion that would slip in between; undefined where there is none. */
  abstract holdInstance(id: string): Promise<OperationTarget | undefined>;
  /** Of a schedule: one that has not ended. */
  abstract underway(scheduleId: string): Promise<Operation | undefined>;
  /** The objects of a schedule's successful operations before its newest `keep` need not stay any longer. */
  abstract endObjectsBefore(scheduleId: string, keep: number): Promise<void>;
  /** Whether an object's time is over, holding its operation; it counts as removed from now on. */
  abstract takeEnded(id: string): Promise<Operation | undefined>;
  /** The number that people know it by. */
  abstract number(id: string): Promise<number>;
  /** The login of a user, for evidence. */
  abstract login(userId: string): Promise<string>;
  /** The database's clock. */
  abstract now(): Promise<Date>;
}
