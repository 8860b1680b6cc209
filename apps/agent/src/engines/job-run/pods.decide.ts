import { cutText } from "../foreign-words";
import type { ContainerStatus, Pod } from "./job-run";

/** Waiting is normal for a moment; these words say nothing. */
const ORDINARY_WAITS = new Set(["ContainerCreating", "PodInitializing"]);

export interface FailedPod {
  readonly pod: Pod;
  /** Absent where the pod failed as a whole, for example evicted. */
  readonly container?: string;
  readonly exitCode?: number;
  readonly reason?: string;
}

/** The newest pod that failed, and which of its containers did. */
export function newestFailedPod(pods: readonly Pod[]): FailedPod | undefined {
  const failed = pods
    .filter(({ status }) => status?.phase === "Failed")
    .sort((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1));
  const [pod] = failed;
  if (pod === undefined) return undefined;
  const culprit = statuses(pod).find(
    ({ state }) => (state?.terminated?.exitCode ?? 0) !== 0,
  );
  const { exitCode, reason = pod.status?.reason } =
    culprit?.state?.terminated ?? {};
  return {
    pod,
    ...(culprit && { container: culprit.name }),
    ...(exitCode !== undefined && { exitCode }),
    ...(reason !== undefined && { reason }),
  };
}

/** Pods that run or may still run. */
export function unfinishedPods(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(
    ({ status }) => !["Succeeded", "Failed"].includes(status?.phase ?? ""),
  );
}

/** What holds a pod back, in Kubernetes' own words. */
export function whyItWaits(pods: readonly Pod[]): string | undefined {
  for (const pod of unfinishedPods(pods)) {
    const why = waitingContainer(pod) ?? unschedulable(pod);
    if (why !== undefined) return `pod ${pod.metadata.name}: ${why}`;
  }
  return undefined;
}

function waitingContainer(pod: Pod): string | undefined {
  for (const { name, state } of statuses(pod)) {
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined || ORDINARY_WAITS.has(reason)) continue;
    return `container ${name} waits, ${words(reason, message)}`;
  }
  return undefined;
}

function unschedulable({ status }: Pod): string | undefined {
  const found = status?.conditions?.find(
    ({ type, status: value }) => type === "PodScheduled" && value === "False",
  );
  return found && `has no node, ${words(found.reason, found.message)}`;
}

function words(reason = "", message = ""): string {
  return cutText(message === "" ? reason : `${reason}: ${message}`, 300);
}

function statuses({ status }: Pod): readonly ContainerStatus[] {
  return [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ];
}

function createdAt({ metadata }: Pod): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}
