import type { Instance, Observation } from "../../instances/domain/instance";
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
  const { state, reason, message, degraded, outputs, hasStarted } = operation;
  const hasBegun = hasStarted || state === "succeeded" || state === "failed";
  const told = { ...fact, hasBegun, outputs };
  switch (state) {
    case "succeeded":
      return degraded
        ? ended(told, "failed", now, "Degraded", message || reason)
        : ended(told, "succeeded", now, reason, message);
    case "failed":
    case "cancelled":
      return ended(told, state, now, reason, message);
    case "awaiting_approval":
      return { ...told, course: state, reason, message };
    default:
      return isLate(fact, now)
        ? ended(told, "failed", now, "Timeout", NOT_ENDED)
        : {
            ...told,
            course: state === "blocked" ? state : "running",
            reason,
            message,
          };
  }
}

const NOT_ENDED =
  "its cluster has told no end of it in time, and may still carry it out";

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
  const { instance, now } = facts;
  if (wait === "confirmed") return followConfirmation(fact, facts);
  const state = instance?.state ?? "deleted";
  const wanted = wait === "gone" ? "deleted" : wait;
  if (state === wanted)
    return ended(
      { ...fact, outputs: { generation: instance?.generation ?? 0 } },
      "succeeded",
      now,
    );
  const name = `${instance?.namespace ?? ""}/${instance?.name ?? ""}`;
  const why = blocker(facts);
  const message = `Instance ${name} is ${state}${why && ` (${why})`}`;
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
