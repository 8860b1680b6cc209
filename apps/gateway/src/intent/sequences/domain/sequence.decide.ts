import type { JsonObject } from "@vworkspace/resources";
import { isEmptyParameter } from "./sequence-parameters";
import type { StepFact } from "./sequence";
import {
  type ForwardStep,
  requireStep,
  type SequenceStep,
  type SequenceTemplate,
} from "./sequence-template";

/** All that is known of a sequence. */
export interface SequenceFacts {
  readonly template: SequenceTemplate;
  readonly parameters: JsonObject;
  /** In the order in which they were begun. */
  readonly steps: readonly StepFact[];
  readonly cancel: boolean;
}

/** The part of a sequence that a step is done in. */
export type Phase = "forward" | "undo" | "success" | "closing";

/** The one thing to do next. */
export type NextAction =
  | { readonly do: "begin"; readonly step: SequenceStep; readonly phase: Phase }
  | {
      readonly do: "await";
      readonly step: SequenceStep;
      readonly fact: StepFact;
    }
  | {
      readonly do: "stop";
      readonly step: SequenceStep;
      readonly fact: StepFact;
    }
  | {
      readonly do: "end";
      readonly state: "succeeded" | "failed" | "cancelled";
    };

/**
 * What to do next about a sequence: a function of its template and of what became of its steps. While a step runs there is no
 * other. Forward in the order of the text; when a step fails or somebody cancels, what was begun is undone, the last first; what
 * has to be done in any case is done in both.
 */
export function decideNext(facts: SequenceFacts): NextAction {
  const running = facts.steps.find(({ state }) => state === "running");
  if (running) return whileRunning(facts, running);
  const step = isBroken(facts) ? nextUndo(facts) : nextForward(facts);
  return step ?? { do: "end", state: endOf(facts) };
}

/** The steps up to the sequence's own end, as they come where all goes well; those that a parameter leaves out are missing. */
export function plannedSteps(facts: SequenceFacts): readonly SequenceStep[] {
  const { onSuccess } = facts.template;
  return [...forwardSteps(facts), ...kept(facts, onSuccess), ...closers(facts)];
}

/** Whether it is on its way forward still: neither being undone, nor through with all that could be. */
export function canCancel(facts: SequenceFacts): boolean {
  return (
    !isBroken(facts) &&
    forwardSteps(facts).some(
      ({ name }) => factOf(facts, name)?.state !== "succeeded",
    )
  );
}

export function isBroken(facts: SequenceFacts): boolean {
  return (
    facts.cancel ||
    forwardSteps(facts).some(({ name }) => hasFailed(factOf(facts, name)))
  );
}

/** Names of the steps that something is undone after; what comes besides undoes, or ends. */
export function forwardNames(facts: SequenceFacts): ReadonlySet<string> {
  return new Set(forwardSteps(facts).map(({ name }) => name));
}

/** The steps that failed or were stopped, also of those that undo, in the order in which they were begun. */
export function failedSteps({ steps }: SequenceFacts): readonly StepFact[] {
  return steps.filter(hasFailed);
}

function whileRunning(facts: SequenceFacts, fact: StepFact): NextAction {
  const step = requireStep(facts.template, fact.name);
  const isForward = forwardSteps(facts).some(({ name }) => name === fact.name);
  return { do: facts.cancel && isForward ? "stop" : "await", step, fact };
}

function nextForward(facts: SequenceFacts): NextAction | undefined {
  const begin = (
    steps: readonly SequenceStep[],
    phase: Phase,
  ): NextAction | undefined => {
    const step = steps.find(({ name }) => factOf(facts, name) === undefined);
    return step && { do: "begin", step, phase };
  };
  return (
    begin(forwardSteps(facts), "forward") ??
    begin(untilFailure(facts, facts.template.onSuccess), "success") ??
    begin(closers(facts), "closing")
  );
}

function nextUndo(facts: SequenceFacts): NextAction | undefined {
  for (const step of [...facts.template.steps].reverse()) {
    if (factOf(facts, step.name)?.hasBegun !== true) continue;
    const list = [
      ...untilFailure(facts, step.onFailure),
      ...kept(facts, step.always.steps),
    ];
    const next = list.find(({ name }) => factOf(facts, name) === undefined);
    if (next) return { do: "begin", step: next, phase: "undo" };
  }
  return undefined;
}

function endOf(facts: SequenceFacts): "succeeded" | "failed" | "cancelled" {
  const failed = failedSteps(facts);
  if (facts.cancel) {
    const own = forwardNames(facts);
    // What was cancelled and could not be undone is no mere cancellation.
    return failed.some(({ name }) => !own.has(name)) ? "failed" : "cancelled";
  }
  return isBroken(facts) || failed.length > 0 ? "failed" : "succeeded";
}

/** With what has to be done after one of them in any case, where its owner isn't left out. */
function forwardSteps(facts: SequenceFacts): readonly SequenceStep[] {
  const { steps } = facts.template;
  return steps.flatMap((step) => [
    ...kept(facts, [step]),
    ...steps
      .filter(({ always }) => always.after === step.name)
      .flatMap((owner) => closersOf(facts, owner)),
  ]);
}

/** What is done at the end in any case, of the last step first. */
function closers(facts: SequenceFacts): readonly SequenceStep[] {
  return [...facts.template.steps]
    .reverse()
    .filter(({ always }) => always.after === undefined)
    .flatMap((owner) => closersOf(facts, owner));
}

function closersOf(
  facts: SequenceFacts,
  owner: ForwardStep,
): readonly SequenceStep[] {
  return kept(facts, [owner]).length === 0
    ? []
    : kept(facts, owner.always.steps);
}

/** A list of steps of which none is tried after one that failed. */
function untilFailure(
  facts: SequenceFacts,
  list: readonly SequenceStep[],
): readonly SequenceStep[] {
  const steps = kept(facts, list);
  const failed = steps.findIndex(({ name }) => hasFailed(factOf(facts, name)));
  return failed < 0 ? steps : steps.slice(0, failed + 1);
}

function kept<Step extends SequenceStep>(
  { parameters }: SequenceFacts,
  steps: readonly Step[],
): readonly Step[] {
  return steps.filter(
    ({ only }) => only === undefined || !isEmptyParameter(parameters, only),
  );
}

function factOf({ steps }: SequenceFacts, name: string): StepFact | undefined {
  return steps.find((fact) => fact.name === name);
}

function hasFailed(fact: StepFact | undefined): boolean {
  return fact?.state === "failed" || fact?.state === "cancelled";
}
