import { createHash } from "node:crypto";
import { canonicalJson } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import {
  ABSENT_MEANS,
  ANNOTATIONS,
  type ApplicationInstance,
  type ApplicationInstanceSpec,
  type ChartReference,
  type ChartValues,
  LABELS,
  MANAGED_BY,
  RELEASE_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import {
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from "../../watches/watched-kinds";

/** Digest of what we last wanted, on everything we derive: a field that is no longer wanted shows in nothing else. */
export const DESIRED_DIGEST = "vworkspace.io/desired-digest";

/** Generation of the control plane's intent that an object was last written for. */
const WRITTEN_FOR_GENERATION = "vworkspace.io/written-for-generation";
const NAME_MAX_LENGTH = 253;

/** On a source: generation of the instance and digest of the release that it was written together with. */
const WRITTEN_WITH = "vworkspace.io/written-with";

const INTERVAL = "10m";
const RETRIES = 3;
const HELM_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/** What an instance becomes: the source of its chart and its HelmRelease, both under its own name. */
export interface Desired {
  readonly source: KubeObject;
  readonly release: KubeObject;
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
  const wanted = derived(
    instance,
    { ...HELM_RELEASE, spec: releaseSpec(instance, chart, release.name) },
    valuesVersion === undefined
      ? {}
      : { [ANNOTATIONS.fluxRequestedAt]: valuesVersion },
  );
  const source = derived(instance, desiredSource(chart), {});
  return { source: withRelease(source, wanted, instance), release: wanted };
}

/** No part of the source's own digest: a release that changes alone writes no source. */
function withRelease(
  source: KubeObject,
  release: KubeObject,
  { metadata }: ApplicationInstance,
): KubeObject {
  const digest = release.metadata.annotations?.[DESIRED_DIGEST];
  const annotations = {
    ...source.metadata.annotations,
    [WRITTEN_WITH]: `${metadata.generation ?? 0} ${digest}`,
  };
  return { ...source, metadata: { ...source.metadata, annotations } };
}

/** Whether a source was written for this very generation and together with the release that it asks for. */
export function isWrittenTogether(
  source: KubeObject,
  desired: Desired,
): boolean {
  const written = source.metadata.annotations?.[WRITTEN_WITH];
  return (
    written !== undefined &&
    written === desired.source.metadata.annotations?.[WRITTEN_WITH]
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

export interface ValueReference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly key: string;
}

/** The objects that values come from, the weakest first; what `source` doesn't ask for is left out. */
export function valueReferences(
  values: ChartValues | undefined,
): readonly ValueReference[] {
  const { source, configMapRef, secretRef } = values ?? {};
  const takes = (own: ChartValues["source"]) =>
    source === own || source === "merge";
  return [
    ...(takes("configMapRef") && configMapRef
      ? [{ kind: "ConfigMap" as const, ...configMapRef }]
      : []),
    ...(takes("secretRef") && secretRef
      ? [{ kind: "Secret" as const, ...secretRef }]
      : []),
  ];
}

/** Carries no ownerReference: the garbage collector must never delete it, only our finalizer does. */
function derived(
  instance: ApplicationInstance,
  body: { apiVersion: string; kind: string; spec: Record<string, unknown> },
  annotations: Record<string, string>,
): KubeObject {
  const { name, namespace = "", labels = {} } = instance.metadata;
  const clusterId = labels[LABELS.clusterId];
  const digest = createHash("sha256")
    .update(canonicalJson({ ...body, annotations }))
    .digest("hex")
    .slice(0, 32);
  return {
    ...body,
    metadata: {
      name,
      namespace,
      labels: {
        [LABELS.managedBy]: MANAGED_BY,
        [LABELS.applicationInstance]: name,
        [LABELS.velero]: "true",
        ...(clusterId && { [LABELS.clusterId]: clusterId }),
      },
      annotations: {
        ...annotations,
        ...origin(instance),
        [DESIRED_DIGEST]: digest,
      },
    },
  };
}

/** For the history. No part of the digest: an intent that changes nothing writes nothing. */
function origin({ metadata }: ApplicationInstance): Record<string, string> {
  const { annotations = {} } = metadata;
  const by = annotations[ANNOTATIONS.requestedBy];
  const generation = annotations[ANNOTATIONS.intentGeneration];
  return {
    ...(by && { [ANNOTATIONS.requestedBy]: by.slice(0, NAME_MAX_LENGTH) }),
    ...(generation && { [WRITTEN_FOR_GENERATION]: generation }),
  };
}

/** For whom a derived object was last written. */
export function writtenFor({ metadata }: KubeObject): {
  readonly requestedBy?: string;
  readonly intentGeneration?: number;
} {
  const { annotations = {} } = metadata;
  const by = annotations[ANNOTATIONS.requestedBy];
  const generation = annotations[WRITTEN_FOR_GENERATION] ?? "";
  const isNumber = /^\d{1,15}$/.test(generation);
  return {
    ...(by && { requestedBy: by.slice(0, NAME_MAX_LENGTH) }),
    ...(isNumber && { intentGeneration: Number(generation) }),
  };
}

/** Whether an object derived from an instance of this name is ours. */
export function isDerivedFrom(object: KubeObject, name: string): boolean {
  return object.metadata.labels?.[LABELS.applicationInstance] === name;
}

/**
 * Whether the object holds everything that is wanted. Fields that nobody of us wants, such as defaults, don't count; null
 * in what is wanted counts as absent, since the API server drops it.
 */
export function isAsDesired(
  actual: KubeObject | undefined,
  desired: KubeObject,
): boolean {
  if (actual === undefined) return false;
  const digest = (object: KubeObject) =>
    object.metadata.annotations?.[DESIRED_DIGEST];
  return (
    digest(actual) === digest(desired) &&
    holds(actual.metadata.labels, desired.metadata.labels) &&
    holds(actual["spec"], desired["spec"])
  );
}

function holds(actual: unknown, desired: unknown): boolean {
  if (desired === null || desired === undefined) return true;
  if (Array.isArray(desired)) {
    return (
      Array.isArray(actual) &&
      actual.length === desired.length &&
      desired.every((item, index) => holds(actual[index], item))
    );
  }
  if (typeof desired !== "object") return actual === desired;
  if (typeof actual !== "object" || actual === null) return isEmpty(desired);
  return Object.entries(desired).every(([key, value]) =>
    holds((actual as Record<string, unknown>)[key], value),
  );
}

/** An empty object may be dropped on the way. */
function isEmpty(value: object): boolean {
  return Object.values(value).every((item) => item === null);
}
