import type {
  AgentEvent,
  Job,
  ResultReport,
  StatusReport,
} from "@vworkspace/contract";

/** What a poll brought. */
export interface PolledJobs {
  readonly jobs: readonly Job[];
  /** Jobs that are none, each with the reason; the others of the answer are not lost because of them. */
  readonly unreadable: readonly {
    readonly id: string;
    readonly reason: string;
  }[];
}

export interface PollOptions {
  readonly waitSeconds: number;
  /** Offer again at once what this cluster acked and never settled. */
  readonly resume: boolean;
  readonly signal: AbortSignal;
}

/** The agent's side of the agent contract. Every method fails with a ControlPlaneError. */
export abstract class ControlPlane {
  abstract poll(options: PollOptions): Promise<PolledJobs>;
  abstract ack(jobId: string): Promise<void>;
  abstract reportStatus(jobId: string, report: StatusReport): Promise<void>;
  abstract reportResult(jobId: string, report: ResultReport): Promise<void>;
  /** Resolves when the events are stored there. */
  abstract sendEvents(events: readonly AgentEvent[]): Promise<void>;
  abstract rotateCredential(): Promise<void>;
}
