import type { Kind, KubeObject, ObjectRef } from "@vworkspace/kube";
import type { VolsyncParameters } from "@vworkspace/resources";
import type { EngineRun } from "../engine";
import { engineLabels, engineObjectName } from "../engine-objects";

const VOLSYNC = "volsync.backube/v1alpha1";
export const REPLICATION_SOURCE: Kind = {
  apiVersion: VOLSYNC,
  kind: "ReplicationSource",
};
export const REPLICATION_DESTINATION: Kind = {
  apiVersion: VOLSYNC,
  kind: "ReplicationDestination",
};

/** What both kinds have in common; everything may be absent until VolSync has looked at them. */
export interface Replication extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    /** The value of spec.trigger.manual whose copy is complete. */
    readonly lastManualSync?: string;
    readonly lastSyncTime?: string;
    /** As Go writes durations. */
    readonly lastSyncDuration?: string;
    readonly nextSyncTime?: string;
    readonly latestMoverStatus?: {
      readonly result?: string;
      readonly logs?: string;
    };
    /** Of a destination. */
    readonly latestImage?: { readonly kind?: string; readonly name?: string };
    /** Where a destination of rsyncTLS listens. */
    readonly rsyncTLS?: { readonly address?: string };
  };
}

export type Direction = "source" | "destination";

/** Whether the volume is read or written. */
export function directionOf({
  operation: { spec },
  parameters,
}: Pick<EngineRun, "operation" | "parameters">): Direction {
  if (spec.type === "Backup") return "source";
  if (spec.type === "Restore") return "destination";
  return (parameters as VolsyncParameters).direction ?? "destination";
}

export function replicationKind(
  run: Pick<EngineRun, "operation" | "parameters">,
): Kind {
  return directionOf(run) === "source"
    ? REPLICATION_SOURCE
    : REPLICATION_DESTINATION;
}

export function replicationRef(run: EngineRun): ObjectRef {
  const { uid, namespace } = run;
  return { ...replicationKind(run), namespace, name: engineObjectName(uid) };
}

/** What VolSync is asked for: one copy, marked with the operation's uid, or one each time of a schedule. */
export function replicationManifest(run: EngineRun): KubeObject {
  const { apiVersion, kind, name } = replicationRef(run);
  const { pvc, schedule } = run.parameters as VolsyncParameters;
  const metadata = {
    name,
    namespace: run.namespace,
    labels: { ...engineLabels(run) },
  };
  const trigger = schedule === undefined ? { manual: run.uid } : { schedule };
  const isSource = directionOf(run) === "source";
  return {
    apiVersion,
    kind,
    metadata,
    spec: { ...(isSource && { sourcePVC: pvc }), trigger, ...mover(run) },
  };
}

function mover(run: EngineRun) {
  const parameters = run.parameters as VolsyncParameters;
  const { repository, retain } = parameters;
  const isSource = directionOf(run) === "source";
  const way = isSource
    ? { copyMethod: parameters.copyMethod ?? "Snapshot" }
    : { copyMethod: "Direct", destinationPVC: parameters.pvc };
  const { secretName, configSection, path, address } = repository;
  switch (repository.type) {
    case "restic":
      return {
        restic: { repository: secretName, ...way, ...(retain && { retain }) },
      };
    case "rclone":
      return {
        rclone: {
          rcloneConfig: secretName,
          rcloneConfigSection: configSection,
          rcloneDestPath: path,
          ...way,
        },
      };
    case "rsyncTLS":
      return {
        rsyncTLS: {
          keySecret: secretName,
          ...(address !== undefined && { address }),
          ...way,
        },
      };
  }
}
