import type { KubeApi } from "@vworkspace/kube";
import { LABELS } from "@vworkspace/resources";
import { eventually } from "../../../../test/cluster/eventually";
import type { OpenedCluster } from "../../../../test/cluster/open-cluster";
import type { Pod } from "../engines/job-run/job-run";
import { unfinishedPods } from "../engines/job-run/pods.decide";
import { POD } from "../watches/watched-kinds";
import { JobStandIn } from "./job-stand-in";

const KUBELET = { fieldManager: "kubelet" };

/**
 * The Jobs of a namespace: the real Job controller beside a real server, a stand-in beside the simulator. Pods are played by the
 * test.
 */
export class JobPlay {
  private readonly standIn: JobStandIn | undefined;

  constructor(
    private readonly api: KubeApi,
    private readonly namespace: string,
    target: OpenedCluster["target"],
  ) {
    if (target === "simulator") this.standIn = new JobStandIn(api, namespace);
  }

  /** Until the look gives something; the Job controller goes on meanwhile. */
  until<T>(
    what: string,
    look: () => Promise<T | undefined | false>,
  ): Promise<T> {
    return eventually(what, async () => {
      await this.standIn?.step();
      return look();
    });
  }

  podsOf(uid: string): Promise<readonly Pod[]> {
    return this.api.list<Pod>(POD, {
      namespace: this.namespace,
      labelSelector: `${LABELS.operation}=${uid}`,
    });
  }

  /** What happens to the pod of an operation that runs or waits, once there is one. */
  async playPod(uid: string, status: NonNullable<Pod["status"]>) {
    await this.until("a pod is there and takes its status", async () => {
      const [pod] = unfinishedPods(await this.podsOf(uid));
      if (pod === undefined) return undefined;
      // Without its version: the Job controller writes it too.
      const { name } = pod.metadata;
      const metadata = { name, namespace: this.namespace };
      return this.api.patchStatus({ ...POD, metadata, status }, KUBELET);
    });
  }
}

/** The status of a pod whose container has ended. */
export function endedPod(
  container: string,
  exitCode: number,
): NonNullable<Pod["status"]> {
  const state = {
    terminated: {
      exitCode,
      reason: exitCode === 0 ? "Completed" : "Error",
    },
  };
  return {
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    containerStatuses: [containerStatus(container, state)],
  };
}

/** The status of a pod whose container can't start. */
export function waitingPod(
  container: string,
  reason: string,
): NonNullable<Pod["status"]> {
  const message = "Back-off pulling image";
  return {
    phase: "Pending",
    containerStatuses: [
      containerStatus(container, { waiting: { reason, message } }),
    ],
  };
}

function containerStatus(name: string, state: object) {
  const required = { image: "x", imageID: "", ready: false, restartCount: 0 };
  return { name, state, ...required };
}
