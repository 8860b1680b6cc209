import type {
  AgentEvent,
  ResultReport,
  StatusReport,
} from "@vworkspace/contract";
import { ControlPlane, type PolledJobs } from "../control-plane/control-plane";
import { failureOfStatus } from "../control-plane/control-plane-error";

/** A control plane that takes everything for open jobs and keeps it. */
export class KeptControlPlane extends ControlPlane {
  readonly acks: string[] = [];
  readonly statuses: (StatusReport & { jobId: string })[] = [];
  readonly results: (ResultReport & { jobId: string })[] = [];
  readonly batches: (readonly AgentEvent[])[] = [];
  readonly closed = new Set<string>();
  rotations = 0;
  /** Statuses that the next requests of any kind are answered with. */
  readonly faults: number[] = [];

  override poll(): Promise<PolledJobs> {
    return Promise.resolve({ jobs: [], unreadable: [] });
  }

  override async ack(jobId: string): Promise<void> {
    await this.demandOpen(jobId);
    this.acks.push(jobId);
  }

  override async reportStatus(
    jobId: string,
    report: StatusReport,
  ): Promise<void> {
    await this.demandOpen(jobId);
    this.statuses.push({ ...report, jobId });
  }

  override async reportResult(
    jobId: string,
    report: ResultReport,
  ): Promise<void> {
    await this.demandOpen(jobId);
    this.results.push({ ...report, jobId });
    this.closed.add(jobId);
  }

  override async sendEvents(events: readonly AgentEvent[]): Promise<void> {
    await this.demandHealth();
    this.batches.push(events);
  }

  override async rotateCredential(): Promise<void> {
    await this.demandHealth();
    this.rotations += 1;
  }

  private async demandHealth(): Promise<void> {
    await Promise.resolve();
    const fault = this.faults.shift();
    if (fault !== undefined) throw failureOfStatus(fault);
  }

  private async demandOpen(jobId: string): Promise<void> {
    await this.demandHealth();
    if (this.closed.has(jobId)) throw failureOfStatus(409);
  }
}
