import { APPLICATION_INSTANCE, LABELS } from "@vworkspace/resources";
import { stringAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { CourseFacts } from "../../script/course.decide";
import type { ClusterAccess } from "../cluster-access";
import type { HelmPlan } from "./helm-plan";

/** Names the course of an application: on its instance, or on the HelmRelease or source itself. */
export const COURSE_ANNOTATION = "simulator.vworkspace.io/course";

export function factsOfRelease(
  release: KubeObject,
  plan: HelmPlan,
  cluster: ClusterAccess,
): CourseFacts {
  return {
    ...namesOf(release),
    chart: plan.chartName,
    version: plan.chartVersion.split("+")[0] ?? "",
    annotation: annotationOf(release, cluster),
  };
}

export function factsOfSource(
  source: KubeObject,
  cluster: ClusterAccess,
): CourseFacts {
  const names = namesOf(source);
  const annotation = annotationOf(source, cluster);
  if (source.kind === "HelmChart")
    return {
      ...names,
      chart: stringAt(source, "spec", "chart"),
      version: stringAt(source, "spec", "version"),
      annotation,
    };
  return {
    ...names,
    chart: lastSegment(stringAt(source, "spec", "url")),
    version: stringAt(source, "spec", "ref", "tag"),
    annotation,
  };
}

/** A HelmChart is named after the release that it was made for; our sources bear their instance's name in a label. */
function namesOf({ metadata }: KubeObject) {
  const { labels = {}, name, namespace = "" } = metadata;
  const ofRelease = labels["helm.toolkit.fluxcd.io/name"];
  return {
    name: labels[LABELS.applicationInstance] ?? ofRelease ?? name,
    namespace,
  };
}

function annotationOf(object: KubeObject, cluster: ClusterAccess): string {
  const own = object.metadata.annotations?.[COURSE_ANNOTATION];
  if (own !== undefined) return own;
  const { name, namespace } = namesOf(object);
  const instance = cluster.get({ ...APPLICATION_INSTANCE, namespace, name });
  return instance?.metadata.annotations?.[COURSE_ANNOTATION] ?? "";
}

function lastSegment(url: string): string {
  return url.replace(/\/+$/, "").split("/").at(-1) ?? "";
}
