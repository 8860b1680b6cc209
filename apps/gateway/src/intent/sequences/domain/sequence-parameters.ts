import type { JsonObject } from "@vworkspace/resources";
import Ajv from "ajv";

export type ReadSequenceParameters = (
  given: JsonObject,
) =>
  | { readonly parameters: JsonObject; readonly problem?: undefined }
  | { readonly problem: string };

/**
 * Reads what somebody gives a template: with its defaults, or with the first thing that is wrong.
 * @throws Error where the schema is none
 */
export function compileParameters(schema: JsonObject): ReadSequenceParameters {
  const ajv = new Ajv({
    useDefaults: true,
    strict: true,
    // Of alternatives each requires what is declared above them.
    strictRequired: false,
  });
  let validate: ReturnType<typeof ajv.compile>;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`parameters: ${why}`, { cause: error });
  }
  return (given) => {
    const parameters = structuredClone<JsonObject>(given);
    if (validate(parameters)) return { parameters };
    const [error] = validate.errors ?? [];
    const at = (error?.instancePath ?? "").replaceAll("/", ".");
    const extra = error?.params as { additionalProperty?: string } | undefined;
    const named = extra?.additionalProperty;
    const why = `${error?.message ?? "they don't fit"}${named === undefined ? "" : ` (${named.slice(0, 80)})`}`;
    return { problem: `parameters${at} ${why}.` };
  };
}

/** Whether a parameter says nothing, so that the steps that are there only for it are left out. */
export function isEmptyParameter(
  parameters: JsonObject,
  name: string,
): boolean {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  return (
    value === undefined || value === null || value === "" || value === false
  );
}
