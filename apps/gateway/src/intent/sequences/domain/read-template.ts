import {
  CAPABILITY_ANNOTATIONS,
  ENGINE_PARAMETERS,
  type JsonObject,
  type JsonValue,
  type OperationEngine,
  type OperationType,
} from "@vworkspace/resources";
import { z } from "zod";
import { compileParameters } from "./sequence-parameters";
import {
  allSteps,
  copyStep,
  STEP_ACTIONS,
  STEP_WAITS,
  type SequenceStep,
  type SequenceTemplate,
} from "./sequence-template";
import { referencesIn } from "./substitute";

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
/** A sequence of more than these is more than anyone looks through. */
const MOST_STEPS = 40;
const PLACE_FIELDS: readonly string[] = ["name", "namespace"];

const name = z.string().regex(NAME, "use small letters, digits and hyphens");
const json = z.json().transform((value) => value as JsonValue);
const fields = z.record(z.string(), json);
const operation = z.strictObject({
  type: z.enum(Object.keys(CAPABILITY_ANNOTATIONS) as OperationType[]),
  engine: z.enum(Object.keys(ENGINE_PARAMETERS) as OperationEngine[]),
  parameters: fields.default({}),
});
const stepShape = {
  name,
  on: z.enum(["instance", "copy"]).default("instance"),
  only: z.string().optional(),
  operation: operation.optional(),
  action: z.enum(STEP_ACTIONS).optional(),
  wait: z.enum(STEP_WAITS).optional(),
  with: fields.optional(),
  timeoutSeconds: json.optional(),
};
const step = z.strictObject(stepShape);
const template = z.strictObject({
  name,
  description: z.string().min(1),
  parameters: fields,
  steps: z
    .array(
      z.strictObject({
        ...stepShape,
        onFailure: z.array(step).default([]),
        always: z
          .strictObject({ after: z.string().optional(), steps: z.array(step) })
          .default({ steps: [] }),
      }),
    )
    .min(1),
  onSuccess: z.array(step).default([]),
});

/**
 * A template out of the content of a file.
 * @throws Error naming the field that is wrong, and why
 */
export function readTemplate(content: unknown): SequenceTemplate {
  const read = template.safeParse(content);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Error(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  const made = read.data as unknown as SequenceTemplate;
  const problem = templateProblem(made);
  if (problem !== undefined) throw new Error(problem);
  compileParameters(made.parameters);
  return made;
}

function templateProblem(made: SequenceTemplate): string | undefined {
  const steps = allSteps(made);
  if (steps.length > MOST_STEPS)
    return `steps: there are ${steps.length} in all; make it at most ${MOST_STEPS}`;
  for (const [index, one] of steps.entries()) {
    const earlier = steps.slice(0, index);
    const problem =
      (earlier.some(({ name: other }) => other === one.name)
        ? "there are two steps of this name"
        : undefined) ??
      stepProblem(made, one) ??
      referenceProblem(made, one, earlier);
    if (problem !== undefined) return `step ${one.name}: ${problem}`;
  }
  return placementProblem(made);
}

function stepProblem(
  made: SequenceTemplate,
  one: SequenceStep,
): string | undefined {
  const kinds = [one.operation, one.action, one.wait];
  if (kinds.filter((kind) => kind !== undefined).length !== 1)
    return "give exactly one of operation, action and wait";
  if (one.only !== undefined && !isParameter(made, one.only))
    return `only names ${one.only}, which is no parameter`;
  const needsCopy = one.on === "copy" || one.action === "discard";
  return needsCopy && copyStep(made) === undefined
    ? "it is on the copy, and no step makes one"
    : undefined;
}

function placementProblem(made: SequenceTemplate): string | undefined {
  const names = made.steps.map((one) => one.name);
  for (const [index, { name: own, always }] of made.steps.entries())
    if (always.after !== undefined && names.indexOf(always.after) < index)
      return `step ${own}: always.after names ${always.after}, which is no step at or after it`;
  const copies = allSteps(made).filter(({ action }) => action === "copy");
  return copies.length > 1
    ? `step ${copies[1]?.name ?? ""}: only one step may make the copy`
    : undefined;
}

function referenceProblem(
  made: SequenceTemplate,
  one: SequenceStep,
  earlier: readonly SequenceStep[],
): string | undefined {
  const texts: JsonObject = {
    ...(one.operation && { parameters: one.operation.parameters }),
    ...(one.with && { with: one.with }),
    ...(one.timeoutSeconds !== undefined && { seconds: one.timeoutSeconds }),
  };
  for (const { path, isWhole } of referencesIn(texts)) {
    const isFine = leadsSomewhere(made, path, earlier);
    if (!isFine) return `\${${path}} leads to nothing`;
    const [room, parameter = ""] = path.split(".");
    if (!isWhole && room === "parameters" && !isAlwaysGiven(made, parameter))
      return `\${${path}} stands within a text: the parameter has to be required, or have a default`;
  }
  return undefined;
}

function leadsSomewhere(
  made: SequenceTemplate,
  path: string,
  earlier: readonly SequenceStep[],
): boolean {
  const [room, first = "", ...rest] = path.split(".");
  if (room === "steps")
    return rest.length === 1 && earlier.some(({ name }) => name === first);
  if (rest.length > 0) return false;
  if (room === "parameters") return isParameter(made, first);
  const isThere = room === "instance" || (room === "copy" && copyStep(made));
  return Boolean(isThere) && PLACE_FIELDS.includes(first);
}

function propertiesOf(made: SequenceTemplate): JsonObject {
  return (made.parameters["properties"] ?? {}) as JsonObject;
}

function isParameter(made: SequenceTemplate, parameter: string): boolean {
  return Object.hasOwn(propertiesOf(made), parameter);
}

function isAlwaysGiven(made: SequenceTemplate, parameter: string): boolean {
  const required = (made.parameters["required"] ?? []) as readonly string[];
  const property = propertiesOf(made)[parameter] as JsonObject | undefined;
  return required.includes(parameter) || property?.["default"] !== undefined;
}
