import { DomainError } from "@vworkspace/kernel";
import type { FieldValues } from "../registry/model-method";

/** `parameters` becomes the text that is kept; the organization is the caller's anyway. */
export function givenParameters(values: FieldValues): FieldValues {
  const { parameters, organization_id: _own, ...given } = values;
  if (parameters === undefined) return given;
  if (given["parameters_json"] !== undefined)
    throw new DomainError(
      "validation_failed",
      "parameters and parameters_json are both given: leave one of them out.",
    );
  return { ...given, parameters_json: JSON.stringify(parameters) };
}
