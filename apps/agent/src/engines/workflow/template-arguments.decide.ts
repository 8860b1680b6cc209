import type { JsonValue, WorkflowParameters } from "@vworkspace/resources";
import { cutText } from "../foreign-words";
import type { DeclaredParameter, WorkflowTemplate } from "./workflow";

const AT = "spec.parameters.templateParameters";

/** The first thing that is wrong with the arguments of a template, in one sentence that names the field. */
export function argumentProblem(
  { templateParameters = {} }: WorkflowParameters,
  template: WorkflowTemplate,
): string | undefined {
  const declared = template.spec.arguments?.parameters ?? [];
  const called = `WorkflowTemplate ${template.metadata.name}`;
  const names = new Set(declared.map(({ name }) => name));
  const unknown = Object.keys(templateParameters).find(
    (name) => !names.has(name),
  );
  if (unknown !== undefined)
    return `${AT}.${cutText(unknown, 64)} is no parameter of ${called}: ${listOf(declared)}.`;
  for (const parameter of declared) {
    const problem = valueProblem(parameter, templateParameters[parameter.name]);
    if (problem !== undefined)
      return `${AT}.${parameter.name} ${problem} (${called}).`;
  }
  return undefined;
}

function valueProblem(
  parameter: DeclaredParameter,
  given: JsonValue | undefined,
): string | undefined {
  if (given === undefined)
    return isNeeded(parameter)
      ? "is required: the template has no value for it"
      : undefined;
  const allowed = parameter.enum?.map(String);
  if (allowed === undefined || allowed.includes(given as string))
    return undefined;
  return `is none of the values that the template allows, ${cutText(allowed.join(", "))}`;
}

function isNeeded({
  value,
  default: ready,
  valueFrom,
}: DeclaredParameter): boolean {
  return value === undefined && ready === undefined && valueFrom === undefined;
}

function listOf(declared: readonly DeclaredParameter[]): string {
  if (declared.length === 0) return "it declares none";
  return `it declares ${cutText(declared.map(({ name }) => name).join(", "))}`;
}
