import type {
  Instance,
  InstanceState,
  Observation,
} from "../../instances/domain/instance";
import type { StepFact, StepOperationFacts } from "./sequence";
import type { SequenceStep } from "./sequence-template";

/** What a wait looks at. */
export interface WaitFacts {
  readonly instance: Instance | undefined;
  readonly observation: Observation | undefined;
  readonly isConfirmed: boolean;
  readonly now: Date;
}

/** What became of a step that is an operation. A backup or restore that did not succeed wholly proves nothing. */
export function followOperation(
  fact: StepFact,
  operation: StepOperationFacts | undefined,
  now: Date,
): StepFact {
  if (operation === undefined)
    return ended(fact, "failed", now, "Vanished", "Its operation is gone.");
  const { state, reason, message, outputs, hasStarted } = operation;
  const hasBegun = hasStarted || state === "succeeded" || state === "failed";
  const told = { ...fact, hasBegun, outputs };
  switch (state) {
    case "succeeded":
      return operation.degraded
        ? ended(told, "failed", now, "Degraded", message || reason)
        : ended(told, "succeeded", now, reason, message);
    case "failed":
    case "cancelled":
      return ended(told, state, now, reason, message);
    default:
      return underWay(told, operation, now);
  }
}

const NOT_ENDED =
  "its cluster has told no end of it in time, and may still carry it out";

function underWay(
  fact: StepFact,
  { state, reason, message, isCancelled }: StepOperationFacts,
  now: Date,
): StepFact {
  const isForPerson = state === "awaiting_approval" && !isCancelled;
  if (isLate(fact, now) && !isForPerson)
    return ended(fact, "failed", now, "Timeout", NOT_ENDED);
  const isHeld = state === "awaiting_approval" || state === "blocked";
  return { ...fact, course: isHeld ? state : "running", reason, message };
}

/** Of operations those that are to stop, and those that undo; of waits all that are given a time. */
function isLate({ deadline }: StepFact, now: Date): boolean {
  return deadline !== undefined && now >= new Date(deadline);
}

/** What became of a step that waits. */
export function followWait(
  fact: StepFact,
  { wait }: SequenceStep,
  facts: WaitFacts,
): StepFact {
  if (wait === "confirmed") return followConfirmation(fact, facts);
  const { instance, now } = facts;
  // A record that is gone counts as deleted.
  const state = instance?.state ?? "deleted";
  if (state !== (wait === "gone" ? "deleted" : wait))
    return followInstance(fact, wait, facts, state);
  const outputs = { generation: instance?.generation ?? 0 };
  return ended({ ...fact, outputs }, "succeeded", now);
}

/** Of an instance that isn't yet what is waited for. */
function followInstance(
  fact: StepFact,
  wait: SequenceStep["wait"],
  facts: WaitFacts,
  state: InstanceState,
): StepFact {
  const { instance, now } = facts;
  const why = blocker(facts);
  const place = instance && `${instance.namespace}/${instance.name} `;
  const message = `Instance ${place ?? ""}is ${state}${why && ` (${why})`}`;
  const isGoing = state === "deleting" || state === "deleted";
  if (isGoing && wait !== "gone")
    return ended(fact, "failed", now, "InstanceRemoved", message);
  if (isLate(fact, now)) return ended(fact, "failed", now, "Timeout", message);
  const course = state === "blocked" ? "blocked" : "running";
  return { ...fact, course, reason: why || "Waiting", message };
}

function followConfirmation(
  fact: StepFact,
  { isConfirmed, now }: WaitFacts,
): StepFact {
  if (isConfirmed) return ended(fact, "succeeded", now);
  return {
    ...fact,
    course: "running",
    reason: "AwaitingConfirmation",
    message:
      "action_confirm goes on, and there is no way back then; action_cancel undoes what was done",
  };
}

function blocker({ observation }: WaitFacts): string {
  const blocked = observation?.conditions.find(
    ({ type, status }) => type === "Blocked" && status === "True",
  );
  return blocked?.reason ?? "";
}

function ended(
  { course: _course, ...fact }: StepFact,
  state: StepFact["state"],
  now: Date,
  ...[reason = "", message = ""]: readonly string[]
): StepFact {
  return { ...fact, state, reason, message, ended_at: now.toISOString() };
}
