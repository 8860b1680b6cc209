import type { KubeObject } from "@vworkspace/kube";
import { type JsonObject, LABELS } from "@vworkspace/resources";
import type { EngineRun } from "../engine";
import { engineLabels } from "../engine-objects";
import { parametersOf } from "./parameters";
import { greaterSize } from "./quantity";
import {
  replicasOf,
  VOLUME_CLAIM,
  VOLUME_SNAPSHOT,
  type VolumeClaim,
  type Workload,
} from "./snapshot-objects";
import type { SnapshotSeen } from "./snapshot.observe";

/** What has to be as it was when a restore is over; kept in status.outputs, since what it tells of is stopped and deleted. */
export interface RestorePlan {
  /** Of the HelmRelease; absent where there is none. */
  readonly wasSuspended?: boolean;
  readonly workloads: readonly PlannedWorkload[];
  readonly volume: {
    readonly uid: string;
    readonly storage: string;
    readonly accessModes: readonly string[];
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
}

interface PlannedWorkload {
  readonly kind: string;
  readonly name: string;
  readonly replicas: number;
}

/** What Kubernetes and kubectl write onto a claim for themselves: true of the old one only. */
const OF_THE_OLD_ONE =
  /^(pv\.kubernetes\.io|volume\.kubernetes\.io|volume\.beta\.kubernetes\.io|kubectl\.kubernetes\.io)\//;

export function planOf(outputs: JsonObject): RestorePlan | undefined {
  const plan = outputs["restore"];
  return plan === undefined || plan === null
    ? undefined
    : (plan as unknown as RestorePlan);
}

export function planFor(claim: VolumeClaim, seen: SnapshotSeen): RestorePlan {
  const { release, workloads } = seen;
  return {
    ...(release && { wasSuspended: release.spec?.suspend === true }),
    workloads: workloads
      .filter((workload) => replicasOf(workload) > 0)
      .map((workload) => ({
        kind: workload.kind,
        name: workload.metadata.name,
        replicas: replicasOf(workload),
      })),
    volume: volumeOf(claim),
  };
}

function volumeOf({ metadata, spec = {} }: VolumeClaim): RestorePlan["volume"] {
  const { accessModes = [], storageClassName, volumeMode, resources } = spec;
  return {
    uid: metadata.uid ?? "",
    storage: String(resources?.requests?.storage ?? "0"),
    accessModes,
    ...(storageClassName !== undefined && { storageClassName }),
    ...(volumeMode !== undefined && { volumeMode }),
    ...marksOf(metadata),
  };
}

/** Labels and annotations, but for those that are true of the old volume alone. */
function marksOf({
  labels = {},
  annotations = {},
}: VolumeClaim["metadata"]): Pick<
  RestorePlan["volume"],
  "labels" | "annotations"
> {
  const { [LABELS.operation]: _, ...own } = labels;
  const kept = Object.entries(annotations).filter(
    ([name]) => !OF_THE_OLD_ONE.test(name),
  );
  return { labels: own, annotations: Object.fromEntries(kept) };
}

export function plannedOf(
  { workloads }: RestorePlan,
  { kind, metadata }: Workload,
): PlannedWorkload | undefined {
  return workloads.find(
    (planned) => planned.kind === kind && planned.name === metadata.name,
  );
}

/** The volume that takes the old one's place: like it, and filled from the snapshot. */
export function restoredClaim(
  run: EngineRun,
  { volume }: RestorePlan,
  seen: SnapshotSeen,
): KubeObject {
  const parameters = parametersOf(run);
  const storageClassName =
    parameters.storageClassName ?? volume.storageClassName;
  const restoreSize = String(seen.snapshot?.status?.restoreSize ?? "0");
  const [apiGroup = ""] = VOLUME_SNAPSHOT.apiVersion.split("/");
  return {
    ...VOLUME_CLAIM,
    metadata: {
      name: parameters.pvc,
      namespace: run.namespace,
      labels: { ...volume.labels, ...engineLabels(run) },
      annotations: { ...volume.annotations },
    },
    spec: {
      accessModes: volume.accessModes,
      ...(storageClassName !== undefined && { storageClassName }),
      ...(volume.volumeMode !== undefined && { volumeMode: volume.volumeMode }),
      resources: {
        requests: { storage: greaterSize(volume.storage, restoreSize) },
      },
      dataSource: {
        apiGroup,
        kind: VOLUME_SNAPSHOT.kind,
        name: parameters.snapshotName ?? "",
      },
    },
  };
}
