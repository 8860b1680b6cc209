import type { JsonObject } from "@vworkspace/resources";
import type { SequenceDefinition, StepFact } from "./sequence";
import { allSteps, copyStep, type SequenceTemplate } from "./sequence-template";
import { type Place, type Scope, substituteFields } from "./substitute";

/** What a copy is to be, as its step says it. */
export interface CopyWish extends Place {
  /** Code of its cluster; undefined for the instance's own. */
  readonly cluster: string | undefined;
  /** A merge patch to the values. */
  readonly valuesPatch: JsonObject;
  /** Whether what takes the application's address comes with it. */
  readonly keepsIngress: boolean;
}

/** Stands for what a step will tell, where all is checked before anything is done; a name that any field takes. */
const SAMPLE = "sample";

/** What the texts of steps refer to, as far as it is known. */
export function scopeOf(
  { template, parameters }: SequenceDefinition,
  instance: Place,
  facts: readonly StepFact[],
): Scope {
  const place = { namespace: instance.namespace, name: instance.name };
  const steps = Object.fromEntries(
    facts.map(({ name, outputs = {} }) => [name, outputs]),
  );
  const scope = { parameters, instance: place, copy: place, steps };
  const { namespace, name } = copyWish(template, scope);
  return { ...scope, copy: { namespace, name } };
}

/** The same where each step has told all that others ask of it. */
export function sampleScope(
  definition: SequenceDefinition,
  instance: Place,
): Scope {
  const told = JSON.stringify(allSteps(definition.template));
  const steps: Record<string, Record<string, string>> = {};
  for (const [, step = "", output = ""] of told.matchAll(
    /\$\{steps\.([^.}]+)\.([^.}]+)\}/g,
  ))
    steps[step] = { ...steps[step], [output]: SAMPLE };
  return { ...scopeOf(definition, instance, []), steps };
}

/** Under the instance's name, since data and Helm's objects go by it; in its namespace where none is told. */
export function copyWish(template: SequenceTemplate, scope: Scope): CopyWish {
  const given = substituteFields(copyStep(template)?.with ?? {}, scope);
  const text = (field: string) =>
    typeof given[field] === "string" && given[field] !== ""
      ? given[field]
      : undefined;
  return {
    name: scope.instance.name,
    namespace: text("namespace") ?? scope.instance.namespace,
    cluster: text("cluster"),
    valuesPatch: (given["valuesPatch"] ?? {}) as JsonObject,
    keepsIngress: given["keepsIngress"] === true,
  };
}
