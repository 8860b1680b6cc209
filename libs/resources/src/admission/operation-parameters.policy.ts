import type { OperationEngine, OperationType } from "../operation";
import { ENGINE_PARAMETERS } from "../operation-parameters/read-parameters";
import type { EngineParameters } from "../operation-parameters/engine-parameters";
import {
  type AdmissionPolicy,
  celText,
  celTexts,
  type Validation,
} from "./admission-policy";
import { celProblem, type CelObject, missingField } from "./cel-schema";
import { OPERATIONS } from "./our-resources";

const PARAMETERS = {
  cel: "variables.parameters",
  path: "spec.parameters",
  level: 1,
};

const parametersOf = (holder: string): string =>
  `${holder}.?spec.?parameters.orValue({})`;

/** CEL of the first thing that is wrong with an operation of one engine, or an empty text. */
function problemOf(
  engine: OperationEngine,
  { types, schema, requiredFor = {}, aliases = {} }: EngineParameters,
): string {
  const noun = `no parameter of the engine ${engine}`;
  const object: CelObject = { noun, aliases };
  const besides = Object.entries(requiredFor).flatMap(([type, names]) =>
    names.map((name) => requiredForType(type as OperationType, name, object)),
  );
  const wrongType = `spec.type must be one of ${types.join(", ")} with the engine ${engine}, not "`;
  return `!(object.spec.type in ${celTexts(types)}) ? ${celText(wrongType)} + object.spec.type + "\\"" : ${celProblem(schema, PARAMETERS, { ...object, besides })}`;
}

function requiredForType(
  type: OperationType,
  name: string,
  object: CelObject,
): string {
  const why = `is required for ${type}: add it`;
  return `(object.spec.type == ${celText(type)} ? ${missingField(name, PARAMETERS, { object, why })} : "")`;
}

const engines = Object.entries(ENGINE_PARAMETERS) as [
  OperationEngine,
  EngineParameters,
][];

const validationOf = ([engine, { schema }]: (typeof engines)[number]) =>
  ({
    expression: `object.spec.engine != ${celText(engine)} || variables.${engine} == ""`,
    message: `spec.parameters does not suit the engine ${engine}: there are ${Object.keys(schema.properties ?? {}).join(", ")}`,
    messageExpression: `variables.${engine}`,
    reason: "Invalid",
  }) satisfies Validation;

/**
 * Parameters of operations, by the schemas that the agent and the gateway read them by. What depends on the target or on other
 * parameters is said by the engines.
 */
export const OPERATION_PARAMETERS: AdmissionPolicy = {
  name: "operation-parameters",
  match: [{ ...OPERATIONS, operations: ["CREATE", "UPDATE"] }],
  onlyIf: {
    // What was stored before stays usable; engine and type never change.
    "parameters-changed": `oldObject == null || (${parametersOf("object")}) != (${parametersOf("oldObject")})`,
  },
  variables: {
    parameters: parametersOf("object"),
    ...Object.fromEntries(
      engines.map(([engine, parameters]) => [
        engine,
        problemOf(engine, parameters),
      ]),
    ),
  },
  validations: engines.map(validationOf),
};
