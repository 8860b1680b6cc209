import { newId } from "@vworkspace/kernel";
import {
  LABELS,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import { eventually } from "../../../../test/cluster/eventually";
import type { OpenedCluster } from "../../../../test/cluster/open-cluster";
import type { EngineReads } from "../engines/engine";
import { engineObjectName } from "../engines/engine-objects";
import { JOB, type Job, type Pod } from "../engines/job-run/job-run";
import { unfinishedPods } from "../engines/job-run/pods.decide";
import { KubePodLogs } from "../engines/kube-pod-logs";
import { POD } from "../watches/watched-kinds";
import { clusterWith, EngineCluster } from "./engine-cluster";
import type { EngineCourse } from "./engine-course";
import { JobStandIn } from "./job-stand-in";
import { KeptPodLogs } from "./kept-pod-logs";

const ADMIN = { fieldManager: "admin" };

/** No cluster here has nodes: the API server is asked for a log as ever, and then the test says what it would be. */
class NodelessLogs extends KeptPodLogs {
  constructor(private readonly server: KubePodLogs) {
    super();
  }

  override async tail(
    ...question: Parameters<KeptPodLogs["tail"]>
  ): Promise<string | undefined> {
    return (await this.server.tail(...question)) ?? super.tail(...question);
  }
}

/**
 * An API server with a Job controller, for one spec file: the real one beside a real server, a stand-in beside the simulator.
 * Pods are played by the test.
 */
export class JobBench extends EngineCluster {
  private standIn: JobStandIn | undefined;
  namespace = "";
  readonly logs: KeptPodLogs;
  readonly reads: EngineReads & Pick<EngineCluster, "api">;

  private constructor(cluster: OpenedCluster) {
    super(cluster);
    this.logs = new NodelessLogs(new KubePodLogs(this.recording));
    this.reads = { api: this.engineApi, logs: this.logs };
  }

  static async open(): Promise<JobBench> {
    return new JobBench(await clusterWith());
  }

  /** A namespace of its own for a test, with the service accounts of these names. */
  async enterNamespace(
    accounts: readonly string[] = [OPERATION_RUNNER_SERVICE_ACCOUNT, "default"],
  ): Promise<void> {
    this.namespace = `jobs-${newId().slice(-12)}`;
    const { namespace, api, cluster } = this;
    await this.put({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: namespace,
        labels: {
          "pod-security.kubernetes.io/enforce": "restricted",
        },
      },
    });
    for (const name of accounts) await this.putAccount(name);
    this.standIn =
      cluster.target === "simulator"
        ? new JobStandIn(api, namespace)
        : undefined;
  }

  async putAccount(
    name: string,
    labels: Record<string, string> = {},
  ): Promise<void> {
    const { namespace } = this;
    await this.put({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace, labels },
    });
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

  /** How an operation ends, once it does. */
  outcome(course: EngineCourse) {
    return this.until("the operation has an outcome", async () => {
      const verdict = await course.pass();
      return verdict.state !== "working" && verdict;
    });
  }

  jobOf(uid: string): Promise<Job | undefined> {
    const { namespace } = this;
    return this.api.get<Job>({
      ...JOB,
      namespace,
      name: engineObjectName(uid),
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
      const { name } = pod.metadata;
      const metadata = { name, namespace: this.namespace };
      return this.api.patchStatus({ ...POD, metadata, status }, ADMIN);
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
