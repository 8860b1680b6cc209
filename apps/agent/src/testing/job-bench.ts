import { newId } from "@vworkspace/kernel";
import {
  type KubeApi,
  type KubeConnection,
  type KubeObject,
  loadKubeConnection,
  openKubeApi,
} from "@vworkspace/kube";
import {
  ADMISSION_USERS,
  LABELS,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import { keepPermissionUses } from "../../../../test/cluster/keep-permission-uses";
import { eventually } from "../../../../test/cluster/eventually";
import {
  type OpenedCluster,
  openCluster,
} from "../../../../test/cluster/open-cluster";
import type { EngineReads } from "../engines/engine";
import { engineObjectName } from "../engines/engine-objects";
import { JOB, type Job, type Pod } from "../engines/job-run/job-run";
import { unfinishedPods } from "../engines/job-run/pods.decide";
import { KubePodLogs } from "../engines/kube-pod-logs";
import { POD } from "../watches/watched-kinds";
import { JobStandIn } from "./job-stand-in";
import { KeptPodLogs } from "./kept-pod-logs";
import { RecordingConnection } from "./recording-connection";

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
export class JobBench {
  private standIn: JobStandIn | undefined;
  namespace = "";
  readonly logs: KeptPodLogs;
  /** What an engine reads through; what it asks is noted. */
  readonly reads: EngineReads & { readonly api: KubeApi };

  private constructor(
    private readonly cluster: OpenedCluster,
    private readonly connection: KubeConnection,
    private readonly recording: RecordingConnection,
    /** Of a person who may do everything. */
    readonly api: KubeApi,
  ) {
    const logs = new NodelessLogs(new KubePodLogs(recording));
    this.logs = logs;
    this.reads = { api: openKubeApi(recording), logs };
  }

  static async open(): Promise<JobBench> {
    const cluster = await openCluster();
    const connection = loadKubeConnection({
      kubeconfig: cluster.kubeconfigPath,
    });
    const recording = new RecordingConnection(
      connection,
      ADMISSION_USERS.agentNamespace,
    );
    return new JobBench(
      cluster,
      connection,
      recording,
      openKubeApi(connection),
    );
  }

  async close(): Promise<void> {
    keepPermissionUses(this.uses);
    await this.connection.close();
    await this.cluster.stop();
  }

  /** What was asked of RBAC for what the engines did. */
  get uses() {
    return this.recording.uses;
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

  async put(object: KubeObject): Promise<void> {
    await this.api.apply(object, { ...ADMIN, force: true });
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
