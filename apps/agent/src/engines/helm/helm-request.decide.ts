import { canonicalJson } from "@vworkspace/contract";
import type {
  ApplicationInstance,
  ApplicationInstanceSpec,
  HelmParameters,
  JsonObject,
} from "@vworkspace/resources";
import { mergePatch } from "@vworkspace/resources";
import type { EngineRun } from "../engine";

/** What an operation asks of its instance; told in status.outputs.requested, where the control plane reads it. */
export interface HelmRequest {
  readonly targetVersion: string;
  /** JSON merge patch of the inline values. */
  readonly valuesPatch?: JsonObject;
  readonly rollbackTo?: number;
}

type Found =
  | { readonly request: HelmRequest; readonly problem?: never }
  | { readonly problem: string; readonly request?: never };

export function parametersOf({
  parameters,
}: Pick<EngineRun, "parameters">): HelmParameters {
  return parameters;
}

/** Helm's history tells versions, not values, and it forgets: so it is asked once, and what it said is kept. */
export function requestFor(
  run: EngineRun,
  instance: ApplicationInstance,
): Found {
  const { rollbackTo, targetVersion } = parametersOf(run);
  const valuesPatch = valuesPatchOf(run);
  const current = instance.spec.chart?.version ?? "";
  if (rollbackTo === undefined)
    return {
      request: {
        targetVersion: targetVersion ?? current,
        ...(valuesPatch && { valuesPatch }),
      },
    };
  const version = versionOf(instance, rollbackTo);
  if (typeof version !== "string") return version;
  if (version === current && valuesPatch === undefined)
    return {
      problem: `Revision ${rollbackTo} has the chart version ${version} too, and its values can't be had from Helm's history: say what to change in parameters.valuesPatch`,
    };
  return {
    request: {
      targetVersion: version,
      ...(valuesPatch && { valuesPatch }),
      rollbackTo,
    },
  };
}

export function valuesPatchOf(
  run: Pick<EngineRun, "parameters">,
): JsonObject | undefined {
  return parametersOf(run).valuesPatch;
}

function versionOf(
  { metadata, spec, status }: ApplicationInstance,
  revision: number,
): string | { readonly problem: string } {
  const { history = [] } = status ?? {};
  const found = history.find((item) => item.revision === revision);
  if (found === undefined)
    return {
      problem: `The release of ${metadata.name} has no revision ${revision} in its history: there are ${history.map((item) => item.revision).join(", ") || "none"}`,
    };
  if (!["deployed", "superseded"].includes(found.status))
    return {
      problem: `Revision ${revision} of ${metadata.name} is ${found.status}: choose one that worked`,
    };
  // For oci Flux adds the artifact's digest as build metadata.
  return spec.chart?.sourceType === "oci"
    ? withoutBuild(found.chartVersion)
    : found.chartVersion;
}

export function withoutBuild(version: string): string {
  return version.split("+")[0] ?? "";
}

/** Whether a spec is what was asked for; then writing it again would change nothing. */
export function isAsked(
  { chart, values }: ApplicationInstanceSpec,
  { targetVersion, valuesPatch = {} }: HelmRequest,
): boolean {
  const inline = values?.inline ?? {};
  return (
    chart?.version === targetVersion &&
    canonicalJson(mergePatch(inline, valuesPatch)) === canonicalJson(inline)
  );
}

/** The spec that was asked for. */
export function askedSpec(
  spec: ApplicationInstanceSpec,
  { targetVersion, valuesPatch }: HelmRequest,
): ApplicationInstanceSpec {
  const { chart, values } = spec;
  return {
    ...spec,
    ...(chart && { chart: { ...chart, version: targetVersion } }),
    ...(valuesPatch && {
      values: {
        source: "inline",
        ...values,
        inline: mergePatch(values?.inline ?? {}, valuesPatch),
      },
    }),
  };
}

/** The same as a JSON merge patch of the instance. */
export function askedPatch(
  { values }: ApplicationInstanceSpec,
  { targetVersion, valuesPatch }: HelmRequest,
): object {
  return {
    spec: {
      chart: { version: targetVersion },
      ...(valuesPatch && {
        values: {
          ...(values === undefined && { source: "inline" }),
          inline: valuesPatch,
        },
      }),
    },
  };
}
