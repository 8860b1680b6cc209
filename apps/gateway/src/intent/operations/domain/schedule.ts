import type { OperationEngine, OperationType } from "@vworkspace/resources";
import type { Requester } from "./operation";

export interface ScheduleFields {
  readonly name: string;
  readonly type: OperationType;
  readonly engine: OperationEngine;
  readonly parameters_json: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** An IANA name. */
  readonly timezone: string;
  /** How many successful operations keep their objects; null for all, until their time is over. */
  readonly keep: number | null;
  readonly active: boolean;
  readonly external_ref: string | null;
}

/** Makes an operation at each due time. */
export interface Schedule extends ScheduleFields, Requester {
  readonly id: string;
  readonly cluster_id: string;
  readonly instance_id: string;
  readonly next_run: Date | null;
  readonly last_run: Date | null;
  /** Why the last due time made no operation; empty where it did. */
  readonly last_problem: string;
  /** Due times that passed while nobody looked. */
  readonly missed_count: number;
  /** Due times at which the operation before was still under way. */
  readonly skipped_count: number;
}

/** Schedules of one organization. */
export abstract class ScheduleStore {
  /** False when another has the external_ref. */
  abstract add(schedule: Schedule): Promise<boolean>;
  /** Holds the row until the transaction ends. */
  abstract lock(id: string): Promise<Schedule | undefined>;
  abstract byExternalRef(externalRef: string): Promise<Schedule | undefined>;
  /** The same where it is due and nobody else holds it: two replicas find the same. */
  abstract takeDue(id: string): Promise<Schedule | undefined>;
  abstract save(schedule: Schedule): Promise<void>;
  abstract remove(id: string): Promise<void>;
  /** Of the schedule, where it is there still. */
  abstract keepOf(id: string): Promise<number | null>;
}
