import { KubeError, type KubeObject, refOf } from "@vworkspace/kube";
import { LABELS } from "@vworkspace/resources";
import type { EngineReads, EngineRun } from "../engine";
import { engineObjectName } from "../engine-objects";
import { POD } from "../../watches/watched-kinds";
import { JOB, type Job, type JobRun, type Pod } from "./job-run";
import { maskedText } from "./masked-text.decide";
import { newestFailedPod } from "./pods.decide";
import { secretsOf } from "./secrets-of-pods.decide";

const LOG_LINES = 20;
const LOG_CHARACTERS = 2000;

export interface JobRunOptions {
  /** Whether the last lines of a failed pod may be shown; whoever reads the operation's status reads them. */
  readonly readLogs: boolean;
}

/** Reads the Job of an operation and its pods. */
export class JobRunReader {
  constructor(
    private readonly reads: EngineReads,
    private readonly options: JobRunOptions,
  ) {}

  async read({
    uid,
    namespace,
  }: Pick<EngineRun, "uid" | "namespace">): Promise<JobRun> {
    const { api } = this.reads;
    const name = engineObjectName(uid);
    const job = await api.get<Job>({ ...JOB, namespace, name });
    const labelled = await api.list<Pod>(POD, {
      namespace,
      labelSelector: `${LABELS.operation}=${uid}`,
    });
    const pods = labelled.filter((pod) => isOfJob(pod, name));
    const log = job && (await this.log(job, pods));
    return { pods, ...(job && { job }), ...(log !== undefined && { log }) };
  }

  private async log(
    job: Job,
    pods: readonly Pod[],
  ): Promise<string | undefined> {
    const failed = newestFailedPod(pods);
    if (!this.options.readLogs || failed?.container === undefined) return;
    const ref = refOf(failed.pod);
    const { container } = failed;
    const text = await this.reads.logs.tail(ref, container, LOG_LINES);
    if (text === undefined || text.trim() === "") return;
    const values = await this.secretValues(job);
    return values && maskedText(text, values).trim().slice(-LOG_CHARACTERS);
  }

  /** @returns undefined where one can't be read: what can't be masked isn't shown */
  private async secretValues(job: Job): Promise<readonly string[] | undefined> {
    const { namespace = "" } = job.metadata;
    const values: string[] = [];
    for (const name of secretsOf(job.spec.template.spec)) {
      const secret = await this.reads.api
        .get<KubeObject & { data?: Readonly<Record<string, string>> }>({
          apiVersion: "v1",
          kind: "Secret",
          namespace,
          name,
        })
        .catch(undefinedIfForbidden);
      if (secret === undefined) return undefined;
      values.push(...Object.values(secret.data ?? {}));
    }
    return values;
  }
}

function isOfJob({ metadata }: Pod, name: string): boolean {
  return (metadata.ownerReferences ?? []).some(
    (owner) => owner.kind === JOB.kind && owner.name === name,
  );
}

function undefinedIfForbidden(error: unknown): undefined {
  if (error instanceof KubeError && error.status === 403) return;
  throw error;
}
