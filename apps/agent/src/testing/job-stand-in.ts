import { newId } from "@vworkspace/kernel";
import type { KubeApi, KubeObject } from "@vworkspace/kube";
import { JOB, type Job, type Pod } from "../engines/job-run/job-run";
import { unfinishedPods } from "../engines/job-run/pods.decide";
import { POD } from "../watches/watched-kinds";

const MANAGER = { fieldManager: "job-stand-in" };

/** Does to the Jobs of a namespace what Kubernetes' Job controller does, one step at a time; owned pods go by themselves. */
export class JobStandIn {
  constructor(
    private readonly api: KubeApi,
    private readonly namespace: string,
  ) {}

  async step(): Promise<void> {
    const { api, namespace } = this;
    const pods = await api.list<Pod>(POD, { namespace });
    for (const job of await api.list<Job>(JOB, { namespace })) {
      const isOver = (job.status?.conditions ?? []).length > 0;
      if (!isOver && job.metadata.deletionTimestamp === undefined)
        await this.reconcile(job, pods.filter(ownedBy(job)));
    }
  }

  private async reconcile(job: Job, pods: readonly Pod[]): Promise<void> {
    const { backoffLimit = 6, activeDeadlineSeconds } = job.spec;
    const count = (phase: string) =>
      pods.filter(({ status }) => status?.phase === phase).length;
    const failed = count("Failed");
    const isLate =
      activeDeadlineSeconds !== undefined &&
      Date.now() - Date.parse(job.metadata.creationTimestamp ?? "") >
        Number(activeDeadlineSeconds) * 1000;
    if (count("Succeeded") > 0) return this.finish(job, "Complete");
    if (isLate) return this.finish(job, "Failed", "DeadlineExceeded");
    if (failed > Number(backoffLimit))
      return this.finish(job, "Failed", "BackoffLimitExceeded");
    if (unfinishedPods(pods).length === 0) await this.start(job);
    await this.setStatus(job, { active: 1, failed });
  }

  private async start(job: Job): Promise<void> {
    const { apiVersion, kind, metadata } = job;
    const { name, uid = "" } = metadata;
    const { template } = job.spec;
    await this.api.create<KubeObject>(
      {
        ...POD,
        ...template,
        metadata: {
          labels: { ...template.metadata?.labels },
          name: `${name}-${newId().slice(-5)}`,
          namespace: this.namespace,
          ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
        },
        status: { phase: "Pending" },
      },
      MANAGER,
    );
  }

  private async finish(
    job: Job,
    type: "Complete" | "Failed",
    reason = "",
  ): Promise<void> {
    const condition = { type, status: "True", reason, message: `${reason}.` };
    await this.setStatus(job, { conditions: [condition] });
  }

  private async setStatus(
    job: Job,
    status: NonNullable<Job["status"]>,
  ): Promise<void> {
    await this.api.patchStatus<Job>({ ...job, status }, MANAGER);
  }
}

function ownedBy({ metadata }: Job): (pod: Pod) => boolean {
  return (pod) =>
    (pod.metadata.ownerReferences ?? []).some(
      ({ uid }) => uid === metadata.uid,
    );
}
