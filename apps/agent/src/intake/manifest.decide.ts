import type { Kind, KubeObject } from "@vworkspace/kube";
import {
  ANNOTATIONS,
  APPLICATION_INSTANCE,
  LABELS,
  MANAGED_BY,
  OLDER_MANAGED_BY,
  OPERATION,
  validateApplicationInstance,
  validateOperation,
} from "@vworkspace/resources";
import { FORBIDDEN_GROUPS } from "../forbidden-groups";
import type { NamespacedRef } from "./job-change.decide";

/** Why jobs may not touch this kind; undefined where they may. */
export function kindRefusal(
  kind: Kind,
  allowedKinds: readonly Kind[],
): string | undefined {
  const group = kind.apiVersion.includes("/")
    ? (kind.apiVersion.split("/")[0] ?? "")
    : "";
  if (FORBIDDEN_GROUPS.includes(group))
    return `kind ${kind.kind} of ${group} is never carried by a job: apply it as an administrator of the cluster.`;
  const allowed = [APPLICATION_INSTANCE, OPERATION, ...allowedKinds];
  if (allowed.some((other) => isSameKind(other, kind))) return undefined;
  return `kind ${kind.kind} (${kind.apiVersion}) is not allowed on this cluster: name it in the agent's VWORKSPACE_ALLOWED_KINDS.`;
}

/** What is wrong with a manifest, naming the field; undefined where nothing is. */
export function manifestRefusal(manifest: KubeObject): string | undefined {
  const problems = isSameKind(manifest, APPLICATION_INSTANCE)
    ? validateApplicationInstance(manifest)
    : isSameKind(manifest, OPERATION)
      ? validateOperation(manifest)
      : [];
  const [first] = problems;
  if (first === undefined) return undefined;
  const others =
    problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return `${first.message}${others}`;
}

export function isSameKind(one: Kind, other: Kind): boolean {
  return one.kind === other.kind && one.apiVersion === other.apiVersion;
}

/**
 * The manifest as it is applied: of its metadata only name, namespace, labels and annotations (a job sets no owners and no
 * finalizers), no status, and our labels and stamp.
 */
export function stampedManifest(
  manifest: KubeObject,
  ref: NamespacedRef,
  stamp: { readonly clusterId: string; readonly generation?: number },
): KubeObject {
  const { status: _, ...rest } = manifest;
  const { labels = {} } = manifest.metadata;
  // Taking over what others made is for a person of the cluster to allow, never for a job.
  const { [ANNOTATIONS.adopt]: _adopt, ...annotations } =
    manifest.metadata.annotations ?? {};
  const generation =
    stamp.generation === undefined
      ? {}
      : { [ANNOTATIONS.intentGeneration]: String(stamp.generation) };
  return {
    ...rest,
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    metadata: {
      name: ref.name,
      namespace: ref.namespace,
      labels: {
        ...labels,
        [LABELS.managedBy]: managedBy(labels[LABELS.managedBy]),
        [LABELS.clusterId]: stamp.clusterId,
        [LABELS.velero]: "true",
      },
      annotations: { ...annotations, ...generation },
    },
  };
}

function managedBy(given: string | undefined): string {
  const isOlder = (
    OLDER_MANAGED_BY as readonly (string | undefined)[]
  ).includes(given);
  return isOlder && given !== undefined ? given : MANAGED_BY;
}
