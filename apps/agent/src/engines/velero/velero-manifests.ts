import type { KubeObject, ObjectRef } from "@vworkspace/kube";
import type { JsonObject, VeleroParameters } from "@vworkspace/resources";
import type { EngineRun } from "../engine";
import { engineLabels } from "../engine-objects";
import { DELETE_BACKUP_REQUEST } from "./velero-objects";

/** Velero restores no status: our own resources out of a backup would begin anew. */
export const OUR_RESOURCES: readonly string[] = [
  "applicationinstances.apps.vworkspace.io",
  "operations.ops.vworkspace.io",
  "clusters.ops.vworkspace.io",
];

/**
 * Helm's record of a release speaks of where it was installed. The instance that its data come to installs a release of its own,
 * and would find the name taken.
 */
const NO_HELM_RECORD = { key: "owner", operator: "NotIn", values: ["helm"] };

const SNAPSHOT_CLASS = "velero.io/csi-volumesnapshot-class_";

/** Annotation by which a Backup names the VolumeSnapshotClass for the volumes of a CSI driver. */
export function snapshotClassAnnotation(driver: string): string {
  return `${SNAPSHOT_CLASS}${driver}`;
}

/** @param driver of the VolumeSnapshotClass, where one is named */
export function backupManifest(
  run: EngineRun,
  ref: ObjectRef,
  driver: string | undefined,
): KubeObject {
  const parameters = run.parameters as VeleroParameters;
  const { storageLocation, snapshotVolumes, snapshotMoveData, ttl } =
    parameters;
  const { csiSnapshotClassName: className } = parameters;
  const annotations =
    className === undefined || driver === undefined
      ? undefined
      : { [snapshotClassAnnotation(driver)]: className };
  return {
    ...made(run, ref, annotations),
    spec: {
      includedNamespaces: [run.namespace],
      ...selection(parameters),
      ...(storageLocation !== undefined && { storageLocation }),
      ...(snapshotVolumes !== undefined && { snapshotVolumes }),
      ...(snapshotMoveData !== undefined && { snapshotMoveData }),
      ...(ttl !== undefined && { ttl: goDuration(ttl) }),
    },
  };
}

export function restoreManifest(run: EngineRun, ref: ObjectRef): KubeObject {
  const parameters = run.parameters as VeleroParameters;
  const { backupName, namespaceMapping, restorePVs, existingResourcePolicy } =
    parameters;
  return {
    ...made(run, ref),
    spec: {
      backupName,
      // Named, so that Velero leaves out other namespaces of the backup, and what belongs to none.
      includedNamespaces: sourceNamespaces(run),
      ...selection(parameters),
      ...(run.operation.spec.type === "Migration" && {
        labelSelector: {
          ...selection(parameters).labelSelector,
          matchExpressions: [NO_HELM_RECORD],
        },
      }),
      ...(namespaceMapping !== undefined && { namespaceMapping }),
      ...(restorePVs !== undefined && { restorePVs }),
      ...(existingResourcePolicy !== undefined && { existingResourcePolicy }),
    },
  };
}

export function deletionManifest(
  run: EngineRun,
  ref: ObjectRef,
  backupName: string,
): KubeObject {
  return { ...made(run, ref), ...DELETE_BACKUP_REQUEST, spec: { backupName } };
}

/** Namespaces of the backup whose objects come into the operation's. */
export function sourceNamespaces({
  parameters,
  namespace,
}: Pick<EngineRun, "parameters" | "namespace">): readonly string[] {
  const sources = Object.keys(
    (parameters["namespaceMapping"] ?? {}) as JsonObject,
  );
  return sources.length > 0 ? sources : [namespace];
}

/** Go knows no days. */
export function goDuration(ttl: string): string {
  return /^\d+d$/.test(ttl) ? `${Number.parseInt(ttl, 10) * 24}h` : ttl;
}

function made(
  run: EngineRun,
  { apiVersion, kind, name, namespace = "" }: ObjectRef,
  annotations?: Readonly<Record<string, string>>,
): KubeObject {
  const labels = engineLabels(run);
  const metadata = { name, namespace, labels: { ...labels } };
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, ...(annotations && { annotations }) },
  };
}

function selection({
  includedResources,
  excludedResources = [],
  labelSelector,
}: VeleroParameters) {
  return {
    ...(includedResources && { includedResources }),
    excludedResources: [...new Set([...excludedResources, ...OUR_RESOURCES])],
    ...(labelSelector && { labelSelector: { matchLabels: labelSelector } }),
  };
}
