import { type JsonObject, mergePatch } from "@vworkspace/resources";
import type { InstanceChanges } from "../../instances/domain/instance-request";

/** What a Helm upgrade makes of an instance. Both are texts of JSON objects. */
export function upgradeChanges(
  parametersJson: string,
  valuesJson: string,
): InstanceChanges {
  const parameters = JSON.parse(parametersJson) as JsonObject;
  const { targetVersion: version, valuesPatch: patch } = parameters;
  const values = JSON.parse(valuesJson) as JsonObject;
  return {
    ...(typeof version === "string" && { chart_version: version }),
    ...(patch !== undefined && {
      values_json: JSON.stringify(mergePatch(values, patch as JsonObject)),
    }),
  };
}
