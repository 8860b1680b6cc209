import {
  type AgentEvent,
  type Job,
  offeredJobSchema,
  parseMessage,
  type ResultReport,
  type StatusReport,
} from "@vworkspace/contract";
import {
  ControlPlane,
  type PolledJobs,
  type PollOptions,
} from "./control-plane";
import { ControlPlaneError } from "./control-plane-error";
import type { CredentialKeeper } from "./credential-keeper";
import type { PayloadGuard } from "./payload-guard";
import type { Wire } from "./wire";

/** More than a control plane ever offers at once (LIMITS.jobsPerPoll); the rest of an answer is left unread. */
const MAX_JOBS = 1000;

/** The agent contract over a Wire, with the keeper's credential. */
export class HttpControlPlane extends ControlPlane {
  constructor(
    private readonly wire: Wire,
    private readonly keeper: CredentialKeeper,
    private readonly guard: PayloadGuard,
    private readonly requestTimeoutMs: number,
  ) {
    super();
  }

  override async poll(options: PollOptions): Promise<PolledJobs> {
    await this.keeper.renewIfDue();
    const { waitSeconds, resume, signal } = options;
    const answer = await this.keeper.withToken((token, clusterId) =>
      this.wire.send({
        method: "GET",
        path: "/jobs",
        query: {
          cluster: clusterId,
          wait: String(waitSeconds),
          ...(resume && { resume: "true" }),
        },
        token,
        timeoutMs: waitSeconds * 1000 + this.requestTimeoutMs,
        signal,
      }),
    );
    return this.readJobs(answer);
  }

  private async readJobs(answer: unknown): Promise<PolledJobs> {
    const offered = (answer as { jobs?: unknown } | undefined)?.jobs;
    if (!Array.isArray(offered))
      throw new ControlPlaneError(
        "undecodable",
        "The answer to a poll holds no list of jobs.",
      );
    const jobs: Job[] = [];
    const unreadable: { id: string; reason: string }[] = [];
    for (const item of offered.slice(0, MAX_JOBS) as unknown[]) {
      const read = await this.readJob(item);
      if ("id" in read) jobs.push(read);
      else unreadable.push({ id: idOf(item), reason: read.reason });
    }
    return { jobs, unreadable };
  }

  private async readJob(item: unknown): Promise<Job | { reason: string }> {
    const parsed = parseMessage(offeredJobSchema, item);
    if (!parsed.ok) return parsed;
    const opened = await this.guard.open(parsed.value);
    return opened.ok ? opened.job : { reason: opened.message };
  }

  override async ack(jobId: string): Promise<void> {
    await this.post(jobPath(jobId, "ack"));
  }

  override async reportStatus(
    jobId: string,
    report: StatusReport,
  ): Promise<void> {
    await this.post(jobPath(jobId, "status"), report);
  }

  override async reportResult(
    jobId: string,
    report: ResultReport,
  ): Promise<void> {
    await this.post(jobPath(jobId, "result"), report);
  }

  override async sendEvents(events: readonly AgentEvent[]): Promise<void> {
    await this.post("/events", { events });
  }

  override async rotateCredential(): Promise<void> {
    await this.keeper.rotate();
  }

  private async post(path: string, body?: unknown): Promise<void> {
    await this.keeper.withToken((token) =>
      this.wire.send({
        method: "POST",
        path,
        token,
        timeoutMs: this.requestTimeoutMs,
        ...(body === undefined ? {} : { body }),
      }),
    );
  }
}

function jobPath(jobId: string, action: string): string {
  return `/jobs/${encodeURIComponent(jobId)}/${action}`;
}

function idOf(item: unknown): string {
  const id = (item as { id?: unknown } | null)?.id;
  return typeof id === "string" ? id.slice(0, 128) : "";
}
