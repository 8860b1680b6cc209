import { newId } from "@vworkspace/kernel";
import { OPERATION_RUNNER_SERVICE_ACCOUNT } from "@vworkspace/resources";
import type { OpenedCluster } from "../../../../test/cluster/open-cluster";
import type { EngineReads } from "../engines/engine";
import { engineObjectName } from "../engines/engine-objects";
import { JOB, type Job } from "../engines/job-run/job-run";
import { KubePodLogs } from "../engines/kube-pod-logs";
import { clusterWith, EngineCluster } from "./engine-cluster";
import type { EngineCourse } from "./engine-course";
import { JobPlay } from "./job-play";
import { KeptPodLogs } from "./kept-pod-logs";

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

/** An API server with a Job controller, for one spec file. */
export class JobBench extends EngineCluster {
  private play: JobPlay | undefined;
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
    this.play = new JobPlay(api, namespace, cluster.target);
  }

  /** Those of the namespace that was entered. */
  get jobs(): JobPlay {
    if (this.play === undefined) throw new Error("No namespace was entered.");
    return this.play;
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
    return this.jobs.until(what, look);
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
}
