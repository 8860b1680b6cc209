import {
  type HeldRelease,
  VOLUME_CLAIM,
  VOLUME_SNAPSHOT,
  type VolumeClaim,
  type VolumeSnapshot,
  type Workload,
} from "../engines/snapshot/snapshot-objects";
import type { EngineRun } from "../engines/engine";
import { decideSnapshot } from "../engines/snapshot/snapshot.decide";
import type { SnapshotSeen } from "../engines/snapshot/snapshot.observe";
import { DEPLOYMENT, HELM_RELEASE } from "../watches/watched-kinds";
import { engineRun } from "./engine-run";

type Metadata = Partial<VolumeClaim["metadata"]>;

export const OURS = { labels: { "ops.vworkspace.io/operation": "u-op" } };
export const HELD = { annotations: { "ops.vworkspace.io/held-by": "u-op" } };
export const GOING = { deletionTimestamp: "2026-01-01T00:00:00Z" };

export function backup(over: Partial<EngineRun> = {}): EngineRun {
  const parameters = { pvc: "data" };
  return engineRun({ type: "Backup", engine: "snapshot", parameters }, over);
}

export function restore(over: Partial<EngineRun> = {}): EngineRun {
  const parameters = { pvc: "data", snapshotName: "before" };
  return engineRun({ type: "Restore", engine: "snapshot", parameters }, over);
}

export function claim(
  metadata: Metadata = {},
  phase = "Bound",
  spec: VolumeClaim["spec"] & object = {},
): VolumeClaim {
  return {
    ...VOLUME_CLAIM,
    metadata: { name: "data", namespace: "shop", uid: "u-old", ...metadata },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      resources: { requests: { storage: "10Gi" } },
      ...spec,
    },
    status: { phase },
  };
}

export function snapshot(
  status: VolumeSnapshot["status"] & object = {},
  metadata: Metadata = OURS,
  source: object = { persistentVolumeClaimName: "data" },
): VolumeSnapshot {
  return {
    ...VOLUME_SNAPSHOT,
    metadata: { name: "before", namespace: "shop", ...metadata },
    spec: { source },
    status,
  };
}

export const READY = snapshot({ readyToUse: true, restoreSize: "12Gi" });

export function workload(
  metadata: Metadata = {},
  spec: Workload["spec"] & object = { replicas: 2 },
  kind = DEPLOYMENT,
): Workload {
  return { ...kind, metadata: { name: "web", ...metadata }, spec };
}

export function release(metadata: Metadata = {}, suspend = false): HeldRelease {
  const { apiVersion, kind } = HELM_RELEASE;
  return {
    apiVersion,
    kind,
    metadata: { name: "web", ...metadata },
    spec: { suspend },
  };
}

export function seen(over: Partial<SnapshotSeen> = {}): SnapshotSeen {
  return { workloads: [], pods: [], bindsLate: false, ...over };
}

/** `state reason action`, and the message. */
export function outcomeOf(
  run: EngineRun,
  world: SnapshotSeen,
): [string, string] {
  const verdict = decideSnapshot(run, world);
  const action =
    verdict.state === "working" && verdict.action
      ? ` ${verdict.action.do}`
      : "";
  return [`${verdict.state} ${verdict.reason}${action}`, verdict.message];
}
