import { HELM_REPOSITORY, OCI_REPOSITORY } from "../../watches/watched-kinds";
import type { FluxSource } from "./flux";
import type { Observation } from "./observation";
import type { DerivedState } from "./readiness.decide";

/**
 * The state of what was written last, while a newer wish waits: the chart is the one that the Flux objects hold.
 * @returns undefined where they don't tell
 */
export function writtenState(seen: Observation): DerivedState | undefined {
  const { instance, release } = seen;
  const { chart } = instance.spec;
  const { sourceType, source, version } = writtenChart(seen);
  if (chart === undefined || version === undefined) return undefined;
  const written = { ...chart, sourceType, version };
  return {
    instance: { ...instance, spec: { ...instance.spec, chart: written } },
    source,
    release,
  };
}

/** A HelmRelease refers to its chart by the source alone if that is an OCI repository, whose tag is the version. */
function writtenChart({ release, source, staleSources }: Observation) {
  const { chartRef, chart } = release?.spec ?? {};
  const sources = [source, ...(staleSources as FluxSource[])];
  const ofKind = (kind: string) =>
    sources.find((candidate) => candidate?.kind === kind);
  if (chartRef === undefined)
    return {
      sourceType: "helm" as const,
      source: ofKind(HELM_REPOSITORY.kind),
      version: chart?.spec?.version,
    };
  const repository = ofKind(OCI_REPOSITORY.kind);
  return {
    sourceType: "oci" as const,
    source: repository,
    version: repository?.spec?.ref?.tag?.replace("_", "+"),
  };
}
