import {
  decideNext,
  failedSteps,
  forwardNames,
  isBroken,
  type NextAction,
  plannedSteps,
  type SequenceFacts,
} from "./sequence.decide";
import type { SequenceCourse, StepFact } from "./sequence";

const MAX_MESSAGE_CHARACTERS = 1000;

/** What is said of a sequence: a function of its facts alone. */
export function courseOf(facts: SequenceFacts): SequenceCourse {
  const next = decideNext(facts);
  const course = next.do === "end" ? ended(facts, next) : underWay(facts, next);
  return {
    ...course,
    message: course.message.slice(0, MAX_MESSAGE_CHARACTERS),
  };
}

function ended(
  facts: SequenceFacts,
  { state }: Extract<NextAction, { do: "end" }>,
): SequenceCourse {
  const planned = plannedSteps(facts);
  const progress = `${planned.length} steps`;
  if (state === "succeeded")
    return { state, reason: "SequenceCompleted", message: "", progress };
  const last = facts.steps.at(-1)?.name ?? "";
  const reason = state === "cancelled" ? "UserCancelled" : failureReason(facts);
  return {
    state,
    reason,
    message: [whyBroken(facts), whatWasUndone(facts)].join(" ").trim(),
    progress: `ended with: ${last}`,
  };
}

function failureReason(facts: SequenceFacts): string {
  const forward = forwardNames(facts);
  const isUndoing =
    isBroken(facts) &&
    failedSteps(facts).some(({ name }) => !forward.has(name));
  return isUndoing ? "UndoFailed" : "StepFailed";
}

function whyBroken(facts: SequenceFacts): string {
  const failures = failedSteps(facts).map(failureText);
  if (facts.cancel) return ["It was cancelled.", ...failures].join(" ");
  return failures.join(" ");
}

function failureText({ name, state, reason, message }: StepFact): string {
  const why = [reason, message].filter(Boolean).join(": ").replace(/\.$/, "");
  return `Step ${name} ${state === "failed" ? "failed" : "was cancelled"}${why && ` (${why})`}.`;
}

function whatWasUndone(facts: SequenceFacts): string {
  const forward = forwardNames(facts);
  const undone = facts.steps.filter(
    ({ name, state }) => !forward.has(name) && state === "succeeded",
  );
  return undone.length === 0 || !isBroken(facts)
    ? ""
    : `Undone by: ${undone.map(({ name }) => name).join(", ")}.`;
}

function underWay(
  facts: SequenceFacts,
  next: Exclude<NextAction, { do: "end" }>,
): SequenceCourse {
  if (facts.steps.length === 0)
    return { state: "requested", reason: "", message: "", progress: "" };
  const { name } = next.step;
  const fact = next.do === "begin" ? undefined : next.fact;
  const before = isBroken(facts) ? `${whyBroken(facts)} ` : "";
  return {
    state: fact?.course ?? "running",
    reason: fact?.reason || (isBroken(facts) ? "Undoing" : "StepRunning"),
    message: `${before}Step ${name}${fact ? detailOf(fact) : ""}`,
    progress: progressOf(facts, name),
  };
}

function detailOf({ operation, message = "" }: StepFact): string {
  const named = operation === undefined ? "" : ` (${operation})`;
  return `${named}${message && `: ${message}`}`;
}

function progressOf(facts: SequenceFacts, name: string): string {
  const planned = plannedSteps(facts);
  const index = planned.findIndex((step) => step.name === name);
  return isBroken(facts) || index < 0
    ? `undoing: ${name}`
    : `step ${index + 1} of ${planned.length}: ${name}`;
}
