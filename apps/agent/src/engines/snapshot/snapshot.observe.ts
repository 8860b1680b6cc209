import {
  type Kind,
  KindMissingError,
  type KubeObject,
  type ObjectRef,
} from "@vworkspace/kube";
import { ANNOTATIONS } from "@vworkspace/resources";
import {
  DEPLOYMENT,
  EVENT,
  HELM_RELEASE,
  POD,
  STATEFUL_SET,
} from "../../watches/watched-kinds";
import type { EngineReads, EngineRun } from "../engine";
import { engineObjectName } from "../engine-objects";
import { parametersOf } from "./parameters";
import {
  type HeldRelease,
  makesClaim,
  mounts,
  type Pod,
  STORAGE_CLASS,
  type StorageClass,
  VOLUME_CLAIM,
  VOLUME_SNAPSHOT,
  type VolumeClaim,
  type VolumeSnapshot,
  type WarningEvent,
  type Workload,
} from "./snapshot-objects";

/** What there is of a snapshot, the volume it is of, and what uses that volume. */
export interface SnapshotSeen {
  /** The one that a backup makes, or that a restore reads. */
  readonly snapshot?: VolumeSnapshot;
  readonly claim?: VolumeClaim;
  readonly release?: HeldRelease;
  /** Deployments and StatefulSets that use the volume, or that this operation stopped. */
  readonly workloads: readonly Workload[];
  /** Names of pods that use it and have not ended. */
  readonly pods: readonly string[];
  /** The volume is made only when a first pod wants it. */
  readonly bindsLate: boolean;
  /** What was last said against it, while it isn't bound. */
  readonly complaint?: string;
}

type Api = EngineReads["api"];

export async function observeSnapshot(
  api: Api,
  run: EngineRun,
): Promise<SnapshotSeen> {
  const { namespace, uid, target } = run;
  const { pvc, snapshotName } = parametersOf(run);
  const named = (kind: Kind, name: string) => ({ ...kind, namespace, name });
  const source =
    run.operation.spec.type === "Restore"
      ? (snapshotName ?? "")
      : engineObjectName(uid);
  const [snapshot, claim, release, workloads, pods] = await Promise.all([
    ifServed<VolumeSnapshot>(api, named(VOLUME_SNAPSHOT, source)),
    api.get<VolumeClaim>(named(VOLUME_CLAIM, pvc)),
    ifServed<HeldRelease>(api, named(HELM_RELEASE, target.metadata.name)),
    workloadsOf(api, run, pvc),
    api.list<Pod>(POD, { namespace }),
  ]);
  return {
    ...(snapshot && { snapshot }),
    ...(claim && { claim }),
    ...(release && { release }),
    workloads,
    pods: pods.filter((pod) => isUsing(pod, pvc)).map(nameIn),
    ...(await whileUnbound(api, claim)),
  };
}

async function workloadsOf(
  api: Api,
  { namespace, uid }: EngineRun,
  claim: string,
): Promise<readonly Workload[]> {
  const [deployments, statefulSets] = await Promise.all([
    api.list<Workload>(DEPLOYMENT, { namespace }),
    api.list<Workload>(STATEFUL_SET, { namespace }),
  ]);
  return [...deployments, ...statefulSets].filter(
    (workload) =>
      mounts(workload.spec?.template?.spec, claim) ||
      makesClaim(workload, claim) ||
      workload.metadata.annotations?.[ANNOTATIONS.heldBy] === uid,
  );
}

function isUsing({ spec, status }: Pod, claim: string): boolean {
  const hasEnded = ["Succeeded", "Failed"].includes(status?.phase ?? "");
  return !hasEnded && mounts(spec, claim);
}

function nameIn({ metadata }: KubeObject): string {
  return metadata.name;
}

/** Asked only while it matters. */
async function whileUnbound(
  api: Api,
  claim: VolumeClaim | undefined,
): Promise<Pick<SnapshotSeen, "bindsLate" | "complaint">> {
  if (claim === undefined || claim.status?.phase === "Bound")
    return { bindsLate: false };
  const { storageClassName: name } = claim.spec ?? {};
  const found = name
    ? await ifServed<StorageClass>(api, { ...STORAGE_CLASS, name })
    : undefined;
  const complaint = await complaintOf(api, claim);
  return {
    bindsLate: found?.volumeBindingMode === "WaitForFirstConsumer",
    ...(complaint !== undefined && { complaint }),
  };
}

async function complaintOf(
  api: Api,
  { kind, metadata: { name, namespace = "", uid } }: VolumeClaim,
): Promise<string | undefined> {
  const events = await api.list<WarningEvent>(EVENT, {
    namespace,
    fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name},type=Warning`,
  });
  return events
    .filter(({ involvedObject }) => involvedObject?.uid === uid)
    .sort((one, other) => timeOf(one).localeCompare(timeOf(other)))
    .at(-1)?.message;
}

function timeOf({ lastTimestamp, eventTime }: WarningEvent): string {
  return lastTimestamp ?? eventTime ?? "";
}

async function ifServed<T extends KubeObject>(
  api: Api,
  ref: ObjectRef,
): Promise<T | undefined> {
  try {
    return await api.get<T>(ref);
  } catch (error) {
    if (error instanceof KindMissingError) return undefined;
    throw error;
  }
}
