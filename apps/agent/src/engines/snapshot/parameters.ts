import type { SnapshotParameters } from "@vworkspace/resources";
import type { EngineRun } from "../engine";

/** They were validated against their schema, which the type comes from. */
export function parametersOf({
  parameters,
}: Pick<EngineRun, "parameters">): SnapshotParameters {
  return parameters as unknown as SnapshotParameters;
}
