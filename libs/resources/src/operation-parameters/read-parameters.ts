import type { FieldProblem } from "../field-problem";
import { limitedProblems } from "../field-problem";
import type { OperationEngine, OperationSpec } from "../operation";
import type { JsonObject, StructuralSchema } from "../structural-schema";
import {
  structuralCheck,
  type StructuralCheck,
} from "../structural-validation";
import type { EngineParameters } from "./engine-parameters";
import { HELM_HOOK_JOB_PARAMETERS } from "./helm-hook-job.parameters";
import { HELM_PARAMETERS } from "./helm.parameters";
import { JOB_PARAMETERS } from "./job.parameters";
import { SNAPSHOT_PARAMETERS } from "./snapshot.parameters";
import { VELERO_PARAMETERS } from "./velero.parameters";
import { VOLSYNC_PARAMETERS } from "./volsync.parameters";
import { WORKFLOW_PARAMETERS } from "./workflow.parameters";

/** What each engine takes: the one source of checks, forms and documentation. */
export const ENGINE_PARAMETERS: Readonly<
  Record<OperationEngine, EngineParameters>
> = {
  velero: VELERO_PARAMETERS,
  snapshot: SNAPSHOT_PARAMETERS,
  volsync: VOLSYNC_PARAMETERS,
  workflow: WORKFLOW_PARAMETERS,
  job: JOB_PARAMETERS,
  helm: HELM_PARAMETERS,
  helmHookJob: HELM_HOOK_JOB_PARAMETERS,
};

const AT = "spec.parameters";
const CHECKS = Object.fromEntries(
  Object.entries(ENGINE_PARAMETERS).map(([engine, { schema }]) => [
    engine,
    structuralCheck(schema),
  ]),
) as Readonly<Record<OperationEngine, StructuralCheck>>;

/** The part of a spec that its parameters are judged by. */
export type ParametersSpec = Pick<
  OperationSpec,
  "engine" | "type" | "parameters"
>;

/**
 * The parameters under their present names, and what is wrong with them: unknown fields are refused by name, since a
 * misspelt one would be left out in silence.
 */
export function readParameters(spec: ParametersSpec): {
  readonly parameters: JsonObject;
  readonly problems: readonly FieldProblem[];
} {
  const engine = ENGINE_PARAMETERS[spec.engine];
  const parameters = renamed(spec.parameters ?? {}, engine.aliases ?? {});
  return {
    parameters,
    problems: limitedProblems([
      ...typeProblems(spec, engine),
      ...unknownProblems(spec, parameters, engine),
      ...CHECKS[spec.engine](parameters, AT),
      ...missingProblems(spec, parameters, engine),
    ]),
  };
}

function renamed(
  given: JsonObject,
  aliases: Readonly<Record<string, string>>,
): JsonObject {
  const entries = Object.entries(given);
  const older = entries.filter(([name]) => Object.hasOwn(aliases, name));
  const present = entries.filter(([name]) => !Object.hasOwn(aliases, name));
  return Object.fromEntries([
    ...older.map(([name, value]) => [aliases[name] ?? name, value] as const),
    ...present,
  ]);
}

function typeProblems(
  { type, engine }: ParametersSpec,
  { types }: EngineParameters,
): FieldProblem[] {
  if (types.includes(type)) return [];
  return [
    {
      field: "spec.type",
      value: type,
      message: `spec.type must be one of ${types.join(", ")} with the engine ${engine}, not "${type}"`,
    },
  ];
}

function unknownProblems(
  { engine }: ParametersSpec,
  parameters: JsonObject,
  { schema }: EngineParameters,
): FieldProblem[] {
  return unknownFields(parameters, schema, AT).map(({ field, known }) => ({
    field,
    message: `${field} is no parameter of the engine ${engine}: there are ${known.join(", ")}`,
  }));
}

interface UnknownField {
  readonly field: string;
  readonly known: readonly string[];
}

function unknownFields(
  value: unknown,
  schema: StructuralSchema,
  at: string,
): readonly UnknownField[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) =>
      schema.items ? unknownFields(item, schema.items, `${at}[${index}]`) : [],
    );
  const { properties } = schema;
  if (properties === undefined || typeof value !== "object" || value === null)
    return [];
  const known = Object.keys(properties);
  return Object.entries(value).flatMap(([name, item]) => {
    const field = `${at}.${name.slice(0, 64)}`;
    const property = Object.hasOwn(properties, name)
      ? properties[name]
      : undefined;
    return property === undefined
      ? [{ field, known }]
      : unknownFields(item, property, field);
  });
}

function missingProblems(
  { type }: ParametersSpec,
  parameters: JsonObject,
  { requiredFor }: EngineParameters,
): FieldProblem[] {
  return (requiredFor?.[type] ?? [])
    .filter((name) => !Object.hasOwn(parameters, name))
    .map((name) => ({
      field: `${AT}.${name}`,
      message: `${AT}.${name} is required for ${type}: add it`,
    }));
}
