import { createHash } from "node:crypto";
import { canonicalJson } from "@vworkspace/contract";
import type { KubeObject } from "@vworkspace/kube";
import {
  ANNOTATIONS,
  type ApplicationInstance,
  LABELS,
  MANAGED_BY,
} from "@vworkspace/resources";

/** Digest of what we last wanted, on everything we derive: a field that is no longer wanted shows in nothing else. */
export const DESIRED_DIGEST = "vworkspace.io/desired-digest";

/** Generation of the control plane's intent that an object was last written for. */
const WRITTEN_FOR_GENERATION = "vworkspace.io/written-for-generation";
const NAME_MAX_LENGTH = 253;

/** What an object is made of besides its metadata. */
interface DerivedBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/**
 * An object that an instance becomes. Carries no ownerReference: the garbage collector must never delete it, only our
 * finalizer does.
 * @param name where it isn't the instance's own
 */
export function derived(
  instance: ApplicationInstance,
  body: DerivedBody,
  {
    annotations = {},
    name = instance.metadata.name,
  }: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly name?: string;
  } = {},
): KubeObject {
  const { namespace = "", labels = {} } = instance.metadata;
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
        [LABELS.applicationInstance]: instance.metadata.name,
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
