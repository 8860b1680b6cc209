import type { KubeObject } from "@vworkspace/kube";
import {
  ABSENT_MEANS,
  ANNOTATIONS,
  type ApplicationInstance,
  type ApplicationInstanceSpec,
  type ChartReference,
  type ChartValues,
  RELEASE_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import {
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from "../../watches/watched-kinds";
import { derived, DESIRED_DIGEST } from "./derived-object";
import { integrationObjects } from "./integrations/integrations.desired";
import { valueReferences } from "./value-references";

/** Generation of the instance and digest of the release that an object was written together with. */
const WRITTEN_WITH = "vworkspace.io/written-with";

/** On a release: which integrations there are beside it. It changes with them, so that it is written before any goes. */
const INTEGRATIONS = "vworkspace.io/integrations";

const INTERVAL = "10m";
const RETRIES = 3;
const HELM_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/** What an instance becomes. */
export interface Desired {
  /** Of its chart; under the instance's own name, as the release. */
  readonly source: KubeObject;
  readonly release: KubeObject;
  /** For what spec.integrations asks for. */
  readonly integrations: readonly KubeObject[];
}

/**
 * @param valuesVersion of the ConfigMap and Secret that values come from; a new one makes Flux look at once instead of at
 *   its next interval; undefined where there are none
 * @throws TypeError for an instance without chart or release, which validation refuses
 */
export function desiredObjects(
  instance: ApplicationInstance,
  valuesVersion: string | undefined,
): Desired {
  const { chart, release } = instance.spec;
  if (chart === undefined || release === undefined)
    throw new TypeError("A managed instance has a chart and a release.");
  const integrations = integrationObjects(instance);
  const kinds = integrations.map(({ kind }) => kind).join(" ");
  const annotations = {
    ...(valuesVersion && { [ANNOTATIONS.fluxRequestedAt]: valuesVersion }),
    ...(kinds && { [INTEGRATIONS]: kinds }),
  };
  const wanted = derived(
    instance,
    { ...HELM_RELEASE, spec: releaseSpec(instance, chart, release.name) },
    { annotations },
  );
  const together = (object: KubeObject) =>
    withRelease(object, wanted, instance);
  return {
    source: together(derived(instance, desiredSource(chart))),
    release: together(wanted),
    integrations: integrations.map(together),
  };
}

/** No part of an object's own digest: a release that changes alone writes nothing else. */
function withRelease(
  object: KubeObject,
  release: KubeObject,
  { metadata }: ApplicationInstance,
): KubeObject {
  const digest = release.metadata.annotations?.[DESIRED_DIGEST];
  const annotations = {
    ...object.metadata.annotations,
    [WRITTEN_WITH]: `${metadata.generation ?? 0} ${digest}`,
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Whether an object was written for this very generation and together with the release that it asks for. */
export function isWrittenTogether(
  object: KubeObject,
  { release }: Desired,
): boolean {
  const written = object.metadata.annotations?.[WRITTEN_WITH];
  return (
    written !== undefined &&
    written === release.metadata.annotations?.[WRITTEN_WITH]
  );
}

function desiredSource(chart: ChartReference) {
  const access = {
    ...(chart.secretRef && { secretRef: { name: chart.secretRef.name } }),
    ...(chart.certSecretRef && {
      certSecretRef: { name: chart.certSecretRef.name },
    }),
  };
  const url = chart.url.replace(/\/+$/, "");
  if (chart.sourceType === "helm")
    return { ...HELM_REPOSITORY, spec: { url, interval: INTERVAL, ...access } };
  return {
    ...OCI_REPOSITORY,
    spec: {
      url: `${url}/${chart.name}`,
      interval: INTERVAL,
      ref: { tag: ociTag(chart.version) },
      layerSelector: { mediaType: HELM_LAYER, operation: "copy" },
      ...access,
    },
  };
}

/** OCI tags know no `+`; Helm writes `_` in its place. */
export function ociTag(version: string): string {
  return version.replaceAll("+", "_");
}

function releaseSpec(
  instance: ApplicationInstance,
  chart: ChartReference,
  releaseName: string,
): Record<string, unknown> {
  const { spec, metadata } = instance;
  const timeoutSeconds =
    spec.policy?.timeoutSeconds ?? ABSENT_MEANS.timeoutSeconds;
  return {
    ...chartOf(chart, metadata.name),
    releaseName,
    interval: INTERVAL,
    timeout: `${timeoutSeconds}s`,
    suspend: spec.suspend ?? false,
    // Without it helm-controller acts as cluster-admin, and whoever may create an instance is one.
    serviceAccountName: spec.serviceAccountName ?? RELEASE_SERVICE_ACCOUNT,
    install: {
      // Else it overwrites, and later deletes, what others made.
      disableTakeOwnership: true,
      remediation: { retries: RETRIES },
    },
    upgrade: { disableTakeOwnership: true, remediation: remediation(spec) },
    driftDetection: { mode: spec.drift?.mode ?? ABSENT_MEANS.driftMode },
    ...valuesOf(spec.values),
  };
}

function chartOf(chart: ChartReference, sourceName: string) {
  if (chart.sourceType === "oci")
    return { chartRef: { kind: OCI_REPOSITORY.kind, name: sourceName } };
  return {
    chart: {
      spec: {
        chart: chart.name,
        version: chart.version,
        interval: INTERVAL,
        sourceRef: { kind: HELM_REPOSITORY.kind, name: sourceName },
      },
    },
  };
}

/** Without retries nothing is rolled back, whatever the strategy says. */
function remediation(spec: ApplicationInstanceSpec) {
  const isRolledBack =
    spec.policy?.rollbackOnFailure ?? ABSENT_MEANS.rollbackOnFailure;
  return isRolledBack
    ? { retries: RETRIES, strategy: "rollback", remediateLastFailure: true }
    : { retries: RETRIES, remediateLastFailure: false };
}

/** In Flux later references win over earlier ones, and `values` wins over all: ConfigMap, Secret, inline. */
function valuesOf(values: ChartValues | undefined): Record<string, unknown> {
  const hasInline = values?.source === "inline" || values?.source === "merge";
  const references = valueReferences(values).map(({ kind, name, key }) => ({
    kind,
    name,
    valuesKey: key,
  }));
  return {
    ...(hasInline && values.inline && { values: values.inline }),
    ...(references.length > 0 && { valuesFrom: references }),
  };
}
