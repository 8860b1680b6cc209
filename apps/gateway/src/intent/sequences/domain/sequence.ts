import type { JsonObject } from "@vworkspace/resources";
import type { Requester } from "../../operations/domain/operation";
import type { SequenceTemplate } from "./sequence-template";

export const SEQUENCE_STATES = [
  "requested",
  "awaiting_approval",
  "blocked",
  "running",
  "succeeded",
  "failed",
  "cancelled",
] as const;
/** The words of operations. The last three are ends, which nothing changes. */
export type SequenceState = (typeof SEQUENCE_STATES)[number];

export type StepState = "running" | "succeeded" | "failed" | "cancelled";

/** A step that was begun. It stands in the database as JSON that every protocol can carry: what isn't known is absent. */
export interface StepFact {
  readonly name: string;
  readonly state: StepState;
  /** Whether it has changed anything, so that it may have to be undone. */
  readonly hasBegun: boolean;
  readonly operation_id?: string;
  /** The operation's name, for people. */
  readonly operation?: string;
  /** While it runs, of its operation or instance: approval, a blocker, or just running. */
  readonly course?: "awaiting_approval" | "blocked" | "running";
  readonly reason?: string;
  readonly message?: string;
  readonly outputs?: JsonObject;
  /** RFC 3339. */
  readonly begun_at: string;
  readonly ended_at?: string;
  /** RFC 3339; when a wait has taken too long. */
  readonly deadline?: string;
}

/** What a sequence was made from, as it was then: a later version of the template changes nothing under way. */
export interface SequenceDefinition {
  readonly template: SequenceTemplate;
  /** As they were given, with the template's defaults. */
  readonly parameters: JsonObject;
}

export interface SequenceCourse {
  readonly state: SequenceState;
  readonly reason: string;
  readonly message: string;
  readonly progress: string;
}

export interface Sequence extends Requester, SequenceCourse {
  readonly id: string;
  readonly name: string;
  readonly template: string;
  readonly definition: SequenceDefinition;
  readonly cluster_id: string;
  readonly instance_id: string;
  readonly copy_instance_id: string | null;
  /** Text of a JSON object, kept byte for byte. */
  readonly parameters_json: string;
  readonly steps: readonly StepFact[];
  /** Names of the steps that somebody will have to agree to, as policy was when the sequence was asked for. */
  readonly approvals: readonly string[];
  /** It is to stop, and to undo what it has done. */
  readonly cancel: boolean;
  readonly confirmed_by: string | null;
  readonly confirmed_at: Date | null;
  readonly external_ref: string | null;
}

export function hasEnded({ state }: Pick<Sequence, "state">): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** What a step needs to know of its operation. */
export interface StepOperationFacts {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly degraded: boolean;
  readonly hasStarted: boolean;
  /** It is to stop. */
  readonly isCancelled: boolean;
  readonly outputs: JsonObject;
}

export interface DueSequence {
  readonly organizationId: string;
  readonly id: string;
}

/** Sequences of one organization; `lookDue` is the worker's. */
export abstract class SequenceStore {
  /** False when another has the external_ref, or the instance one that has not ended. */
  abstract add(sequence: Sequence): Promise<boolean>;
  /** Holds the row until the transaction ends. */
  abstract lock(id: string): Promise<Sequence | undefined>;
  abstract byExternalRef(externalRef: string): Promise<Sequence | undefined>;
  /** One of this instance, or with it as its copy, that has not ended. */
  abstract underway(instanceId: string): Promise<Sequence | undefined>;
  /** The same where it is due and nobody else holds it: two replicas find the same. */
  abstract takeDue(id: string): Promise<Sequence | undefined>;
  /** @param lookAfterSeconds when it is due again; null where it has ended */
  abstract save(
    sequence: Sequence,
    lookAfterSeconds: number | null,
  ): Promise<void>;
  abstract operationFacts(
    operationId: string,
  ): Promise<StepOperationFacts | undefined>;
  /** Of all organizations; so many at most, those that have waited longest first. */
  abstract lookDue(limit: number): Promise<readonly DueSequence[]>;
}
