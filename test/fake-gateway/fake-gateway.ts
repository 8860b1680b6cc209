import type {
  AgentEvent,
  ObjectReference,
  ResourceRef,
  StatusReport,
} from "@vworkspace/contract";
import type { Fault } from "./fault-plan";
import type { FakeTimes } from "./fake-state";
import type { JobState } from "./job-book";

/** One job as a test looks at it. */
export interface FakeJob {
  readonly id: string;
  readonly kind: string;
  readonly idempotencyKey: string;
  readonly state: JobState;
  readonly outcome?: string;
  readonly error?: string;
  readonly attempt: number;
  readonly statuses: readonly StatusReport[];
  readonly appliedRef?: ResourceRef;
}

export interface FakeRequest {
  readonly method: string;
  /** Without `/api/agent` and query. */
  readonly path: string;
  /** 0 where the answer was cut. */
  readonly status: number;
}

/**
 * A gateway in memory that speaks the agent contract v1 over HTTP, in bearer mode with opaque tokens. It passes the same
 * conformance suite as the real one (test/conformance), so that what an agent learns from it holds.
 */
export interface FakeGateway {
  /** `http://127.0.0.1:PORT`; agents find their paths under `/api/agent`. */
  readonly url: string;
  /** A new registration token for a new cluster, or for the one named. */
  newCluster(clusterId?: string): {
    clusterId: string;
    registrationToken: string;
  };
  /** As if the lifetime of the cluster's registration tokens were over. */
  expireRegistrations(clusterId: string): void;
  /** The next generation of the manifest's object; closes older open applies of it. */
  issueApply(
    clusterId: string,
    manifest: object,
  ): { jobId: string; generation: number };
  issueDelete(
    clusterId: string,
    ref: ObjectReference,
  ): { jobId: string; generation: number };
  issueIntent(
    clusterId: string,
    payload: { intent: string; [k: string]: unknown },
  ): { jobId: string };
  job(jobId: string): FakeJob;
  /** Oldest first. */
  jobs(clusterId: string): readonly FakeJob[];
  /** In order of arrival, repeats removed. */
  events(clusterId: string): readonly AgentEvent[];
  /** Waits until the job is closed; rejects after `timeoutMs` (10 s by default). */
  settled(jobId: string, timeoutMs?: number): Promise<FakeJob>;
  revoke(clusterId: string): void;
  /** Plans a fault for the next requests. */
  fail(next: Fault): void;
  /** Every answered request, in order of its answer. */
  requests(): readonly FakeRequest[];
  stop(): Promise<void>;
}

export interface FakeGatewayOptions extends FakeTimes {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Whether it gives a trust root and signs jobs: an agent that pins the root takes no others; absent: no. */
  readonly signs?: boolean;
}
