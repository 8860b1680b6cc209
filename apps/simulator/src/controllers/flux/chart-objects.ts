import { valueAt } from "../../json";
import type { KubeObject, Metadata } from "../../kube-object";
import type { HelmPlan } from "./helm-plan";

/** What the stand-in installs for any chart: a Deployment and a Service, marked as Helm marks what it owns. */
export function chartObjects(
  release: KubeObject,
  plan: HelmPlan,
): KubeObject[] {
  const selector = {
    "app.kubernetes.io/name": plan.chartName,
    "app.kubernetes.io/instance": plan.releaseName,
  };
  const metadata = metadataOf(release, plan, selector);
  const replicas = valueAt(plan.values, "replicaCount");
  const image = `${plan.chartName}:${versionOf(plan)}`;
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: Number.isInteger(replicas) ? replicas : 1,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: selector },
        spec: { containers: [{ name: plan.chartName, image }] },
      },
    },
  };
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: { selector, ports: [{ name: "http", port: 80, protocol: "TCP" }] },
  };
  return [deployment, service];
}

function metadataOf(
  { metadata }: KubeObject,
  plan: HelmPlan,
  selector: Readonly<Record<string, string>>,
): Metadata {
  return {
    name: fullName(plan),
    namespace: plan.namespace,
    labels: {
      ...selector,
      "app.kubernetes.io/managed-by": "Helm",
      "app.kubernetes.io/version": versionOf(plan),
      "helm.toolkit.fluxcd.io/name": metadata.name,
      "helm.toolkit.fluxcd.io/namespace": metadata.namespace ?? "",
    },
    annotations: {
      "meta.helm.sh/release-name": plan.releaseName,
      "meta.helm.sh/release-namespace": plan.namespace,
    },
  };
}

/** Build metadata is no part of a label or an image's tag. */
function versionOf({ chartVersion }: HelmPlan): string {
  return chartVersion.split("+")[0] ?? "";
}

/** As nearly every chart names its objects: release-chart, or only the release's name when that holds the chart's. */
function fullName({ releaseName, chartName }: HelmPlan): string {
  const name = releaseName.includes(chartName)
    ? releaseName
    : `${releaseName}-${chartName}`;
  return name.slice(0, 63).replace(/[-.]+$/, "");
}

/** Whether Helm may take an object that exists for the release's own. */
export function isOwned(object: KubeObject, plan: HelmPlan): boolean {
  const { labels = {}, annotations = {} } = object.metadata;
  return (
    labels["app.kubernetes.io/managed-by"] === "Helm" &&
    annotations["meta.helm.sh/release-name"] === plan.releaseName &&
    annotations["meta.helm.sh/release-namespace"] === plan.namespace
  );
}
