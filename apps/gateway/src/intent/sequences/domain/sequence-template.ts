import type {
  JsonObject,
  JsonValue,
  OperationEngine,
  OperationType,
} from "@vworkspace/resources";

/** The instance that a sequence is about, or the copy of it that one of its steps makes. */
export type StepTarget = "instance" | "copy";

export const STEP_ACTIONS = [
  "copy",
  "suspend",
  "resume",
  "rollback",
  "remove",
  "discard",
] as const;
/**
 * `copy` makes the copy, suspended; `rollback` deploys what the instance was to be at a generation; `discard` removes the copy
 * or suspends it, as it is told.
 */
export type StepAction = (typeof STEP_ACTIONS)[number];

export const STEP_WAITS = ["ready", "suspended", "gone", "confirmed"] as const;
/** For a state of the instance, or for the word of a person. */
export type StepWait = (typeof STEP_WAITS)[number];

export interface StepOperation {
  readonly type: OperationType;
  readonly engine: OperationEngine;
  readonly parameters: JsonObject;
}

/** One thing that is done: an operation, an action on an instance, or a wait. Texts may hold references (substitute.ts). */
export interface SequenceStep {
  readonly name: string;
  readonly on: StepTarget;
  /** A parameter; where that is empty the step is left out. */
  readonly only?: string;
  readonly operation?: StepOperation;
  readonly action?: StepAction;
  readonly wait?: StepWait;
  readonly with?: JsonObject;
  /** Seconds that it may take; a wait without any takes as long as it takes. */
  readonly timeoutSeconds?: JsonValue;
}

export interface ForwardStep extends SequenceStep {
  /** Undone so where this step was begun and the sequence doesn't come to its end; the first that fails ends them. */
  readonly onFailure: readonly SequenceStep[];
  /** Done where this step was begun, whatever becomes of the sequence: after the step named `after`, else at its end. */
  readonly always: {
    readonly after?: string;
    readonly steps: readonly SequenceStep[];
  };
}

export interface SequenceTemplate {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: JsonObject;
  readonly steps: readonly ForwardStep[];
  /** When all steps have succeeded; nothing of it is undone. */
  readonly onSuccess: readonly SequenceStep[];
}

/** All steps, each once, in the order of the text. */
export function allSteps(template: SequenceTemplate): readonly SequenceStep[] {
  return [
    ...template.steps.flatMap((step) => [
      step,
      ...step.onFailure,
      ...step.always.steps,
    ]),
    ...template.onSuccess,
  ];
}

/** The step that makes the copy, where the template has one. */
export function copyStep(template: SequenceTemplate): SequenceStep | undefined {
  return template.steps.find(({ action }) => action === "copy");
}

export function requireStep(
  template: SequenceTemplate,
  name: string,
): SequenceStep {
  const step = allSteps(template).find((one) => one.name === name);
  if (step === undefined)
    throw new Error(`Template ${template.name} has no step ${name}.`);
  return step;
}
