import type {
  Job as WireJob,
  JobKind,
  Outcome,
  ResourceRef,
} from "@vworkspace/contract";
import type {
  DesiredAction,
  ObjectIdentity,
} from "../../domain/desired-object";

export type OpenState = "queued" | "offered" | "acked";
export type SettledState =
  "succeeded" | "failed" | "noop" | "conflict" | "superseded" | "expired";

/** An open job. */
export interface OpenJob {
  readonly id: string;
  readonly clusterId: string;
  readonly kind: JobKind;
  readonly object: ObjectIdentity;
  /** Undefined for an intent job, which has no object. */
  readonly generation: number | undefined;
  readonly state: OpenState;
  /** Whether its time is over, by the database's clock: nobody acked it, or its lease has run out besides. */
  readonly isExpired: boolean;
}

/** How a job was closed. */
export interface Settlement {
  readonly state: SettledState;
  readonly outcome: Outcome;
  readonly error?: string | undefined;
  readonly appliedRef?: ResourceRef | undefined;
}

export const EXPIRED: Settlement = {
  state: "expired",
  outcome: "noop",
  error: "expired",
};
export const SUPERSEDED: Settlement = {
  state: "superseded",
  outcome: "noop",
  error: "superseded",
};

/** Object jobs carry a generation; intent jobs don't. */
export function objectAction(job: OpenJob): DesiredAction | undefined {
  return job.kind === "intent" ? undefined : job.kind;
}

/** A job as it goes to the agent, and how long it waited for its first offer (undefined at a later one). */
export interface OfferedJob {
  readonly job: WireJob;
  readonly firstOfferSeconds: number | undefined;
}
