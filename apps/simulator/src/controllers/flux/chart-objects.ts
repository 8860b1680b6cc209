import { valueAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { HelmPlan } from "./helm-plan";

/** What the stand-in installs for any chart: a Deployment and a Service, marked as Helm marks what it owns. */
export function chartObjects(
  release: KubeObject,
  plan: HelmPlan,
): KubeObject[] {
  const name = fullName(plan);
  const { namespace } = plan;
  const selector = {
    "app.kubernetes.io/name": plan.chartName,
    "app.kubernetes.io/instance": plan.releaseName,
  };
  const metadata = {
    name,
    namespace,
    labels: {
      ...selector,
      "app.kubernetes.io/managed-by": "Helm",
      "app.kubernetes.io/version": plan.chartVersion.split("+")[0] ?? "",
      "helm.toolkit.fluxcd.io/name": release.metadata.name,
      "helm.toolkit.fluxcd.io/namespace": release.metadata.namespace ?? "",
    },
    annotations: {
      "meta.helm.sh/release-name": plan.releaseName,
      "meta.helm.sh/release-namespace": namespace,
    },
  };
  const replicas = valueAt(plan.values, "replicaCount");
  const image = `${plan.chartName}:${plan.chartVersion.split("+")[0]}`;
  return [
    {
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
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector, ports: [{ name: "http", port: 80, protocol: "TCP" }] },
    },
  ];
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
