import { isFields, stringAt, valueAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import { refOf, type ClusterAccess, type ObjectRef } from "../cluster-access";
import { conditionOf, isTrue } from "./flux-conditions";
import { HELM_CHART, OCI_REPOSITORY } from "./flux-kinds";

/** The chart a HelmRelease installs, or why it is not there yet. */
export type ReleaseSource =
  | { readonly source: KubeObject }
  | { readonly reason: string; readonly message: string };

/** Where the chart comes from: the object that chartRef names, or the HelmChart made from spec.chart. */
export function sourceRefOf(release: KubeObject): ObjectRef {
  const { namespace = "", name } = release.metadata;
  const chartRef = valueAt(release, "spec", "chartRef");
  if (isFields(chartRef)) {
    const kind = stringAt(chartRef, "kind");
    const own = kind === HELM_CHART.kind ? HELM_CHART : OCI_REPOSITORY;
    return {
      ...own,
      namespace: stringAt(chartRef, "namespace") || namespace,
      name: stringAt(chartRef, "name"),
    };
  }
  const other = stringAt(
    release,
    "spec",
    "chart",
    "spec",
    "sourceRef",
    "namespace",
  );
  return {
    ...HELM_CHART,
    namespace: other || namespace,
    name: `${namespace}-${name}`,
  };
}

/** The HelmChart that helm-controller makes of spec.chart; undefined for a release that names its chart by chartRef. */
export function chartOfTemplate(release: KubeObject): KubeObject | undefined {
  const template = valueAt(release, "spec", "chart", "spec");
  if (!isFields(template)) return undefined;
  const { namespace = "", name } = release.metadata;
  const { sourceRef, ...spec } = template;
  const ref = sourceRefOf(release);
  return {
    ...HELM_CHART,
    metadata: {
      name: ref.name,
      namespace: ref.namespace ?? namespace,
      labels: {
        "helm.toolkit.fluxcd.io/name": name,
        "helm.toolkit.fluxcd.io/namespace": namespace,
      },
    },
    spec: {
      interval: valueAt(release, "spec", "interval"),
      ...spec,
      sourceRef: {
        kind: stringAt(sourceRef, "kind"),
        name: stringAt(sourceRef, "name"),
      },
    },
  };
}

export function findSource(
  release: KubeObject,
  cluster: ClusterAccess,
): ReleaseSource {
  const ref = sourceRefOf(release);
  const source = cluster.get(ref);
  if (!source)
    return {
      reason: "ArtifactFailed",
      message: `could not get Source object: ${ref.kind}.source.toolkit.fluxcd.io "${ref.name}" not found`,
    };
  const problem = notReady(source);
  if (!problem) return { source };
  const { kind, namespace = "", name } = refOf(source);
  return {
    reason: "SourceNotReady",
    message: `${kind} '${namespace}/${name}' is not ready: ${problem}`,
  };
}

/** A source that fails with an artifact from before counts as ready: the release goes on with the old chart. */
function notReady(source: KubeObject): string | undefined {
  const { generation } = source.metadata;
  const ready = conditionOf(source, "Ready");
  const failure =
    ready?.["status"] === "False" ? stringAt(ready, "message") : "";
  if (valueAt(source, "status", "observedGeneration") !== generation)
    return failure || "latest generation of object has not been reconciled";
  if (isTrue(source, "Stalled")) return failure;
  if (isFields(valueAt(source, "status", "artifact"))) return undefined;
  return failure || "does not have an artifact";
}
