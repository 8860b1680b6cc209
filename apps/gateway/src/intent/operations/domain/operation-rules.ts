import { isStorable, MAX_JSON_DEPTH, parseJson } from "@vworkspace/contract";
import {
  type JsonObject,
  OPERATION,
  readParameters,
  validateOperation,
} from "@vworkspace/resources";
import type { OperationIntent } from "./operation";
import { approvedSpec } from "./operation-manifest";

const MAX_PARAMETERS_CHARACTERS = 64 * 1024;
/** It stands in an index, whose rows PostgreSQL limits. */
const MAX_REF_CHARACTERS = 256;

/**
 * The first thing that is wrong with an intent, as a sentence that names field, value and remedy; undefined: nothing.
 * What the cluster would refuse is refused here already, before anything is queued.
 */
export function operationProblem(
  intent: OperationIntent,
  target: { readonly name: string; readonly namespace: string },
): string | undefined {
  return (
    parametersTextProblem(intent.parameters_json) ??
    contentProblem(intent, target)
  );
}

/** What is wrong with the text of parameters as such. */
export function parametersTextProblem(text: string): string | undefined {
  if (text.length > MAX_PARAMETERS_CHARACTERS)
    return "parameters_json is larger than 64 KiB: make it smaller.";
  const read = parseJson(new TextEncoder().encode(text));
  const value = read.ok ? read.value : undefined;
  const isObject =
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject)
    return `parameters_json is no JSON object of at most ${MAX_JSON_DEPTH} levels: give one, for example {}.`;
  return isStorable(value)
    ? undefined
    : "parameters_json holds U+0000 or a lone surrogate: leave such characters out.";
}

function contentProblem(
  intent: OperationIntent,
  target: { readonly name: string; readonly namespace: string },
): string | undefined {
  const { type, engine } = intent;
  const parameters = JSON.parse(intent.parameters_json) as JsonObject;
  const given = readParameters({ type, engine, parameters });
  const [problem] = [
    ...given.problems,
    ...validateOperation({
      ...OPERATION,
      metadata: { name: "checked", namespace: target.namespace },
      spec: approvedSpec(intent, target.name),
    }),
  ];
  if (problem) return `${problem.message}.`;
  return engine === "helm" ? upgradeProblem(given.parameters) : undefined;
}

/** The gateway writes the instance's next generation, so it has to know what that would be. */
function upgradeProblem(parameters: JsonObject): string | undefined {
  if (parameters["rollbackTo"] !== undefined)
    return "spec.parameters.rollbackTo names a revision of Helm, which only the cluster knows: use action_rollback of the instance, or targetVersion.";
  const changes = ["targetVersion", "valuesPatch"];
  return changes.some((name) => parameters[name] !== undefined)
    ? undefined
    : "spec.parameters names no change: give targetVersion, valuesPatch or both.";
}

/** What is wrong with the caller's own mark, which the gateway keeps and compares and never interprets. */
export function refProblem(ref: string | null): string | undefined {
  const isFine =
    ref === null || (ref.length <= MAX_REF_CHARACTERS && isStorable(ref));
  return isFine
    ? undefined
    : `external_ref must have at most ${MAX_REF_CHARACTERS} characters, without U+0000 and lone surrogates.`;
}
