import type { ObjectReference } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import type {
  FakeGateway,
  FakeGatewayOptions,
  FakeJob,
  FakeRequest,
} from "./fake-gateway";
import { FakeServer } from "./fake-server";
import { FakeState } from "./fake-state";
import type { Fault } from "./fault-plan";
import { Signatures } from "./signatures";
import type { JobRecord } from "./job-book";
import { readObjectReference } from "./object-reference";

export type { FakeGateway, FakeGatewayOptions, FakeJob, FakeRequest, Fault };

/** Starts a fake gateway on 127.0.0.1. The caller stops it. */
export async function startFakeGateway(
  options: FakeGatewayOptions = {},
): Promise<FakeGateway> {
  const signatures =
    options.signs === true ? await Signatures.make() : undefined;
  const state = new FakeState(options, signatures);
  const server = new FakeServer(state);
  await server.listen(options.port ?? 0);
  return new HttpFakeGateway(state, server);
}

class HttpFakeGateway implements FakeGateway {
  constructor(
    private readonly state: FakeState,
    private readonly server: FakeServer,
  ) {}

  get url(): string {
    return this.server.url;
  }

  newCluster(clusterId: string = newId()) {
    const registrationToken = this.state.credentials.issueRegistrationToken(
      clusterId,
      this.state.now(),
    );
    return { clusterId, registrationToken };
  }

  expireRegistrations(clusterId: string): void {
    this.state.credentials.expireRegistrations(clusterId);
  }

  issueApply(clusterId: string, manifest: object) {
    const object = readObjectReference(manifest);
    return this.issueObjectJob(clusterId, "apply", {
      object,
      payload: manifest,
    });
  }

  issueDelete(clusterId: string, ref: ObjectReference) {
    return this.issueObjectJob(clusterId, "delete", {
      object: ref,
      payload: ref,
    });
  }

  issueIntent(clusterId: string, payload: { intent: string }) {
    const { jobs } = this.state;
    const job = jobs.issueIntent(clusterId, payload, this.state.now());
    this.state.ring(clusterId);
    return { jobId: job.id };
  }

  job(jobId: string): FakeJob {
    this.state.jobs.sweep(this.state.now());
    return view(this.state.requireJob(jobId));
  }

  jobs(clusterId: string): readonly FakeJob[] {
    this.state.jobs.sweep(this.state.now());
    return this.state.jobs.of(clusterId).map(view);
  }

  events(clusterId: string) {
    return [...this.state.events.of(clusterId)];
  }

  async settled(jobId: string, timeoutMs = 10_000): Promise<FakeJob> {
    return view(await this.state.waitForClose(jobId, timeoutMs));
  }

  revoke(clusterId: string): void {
    this.state.credentials.revoke(clusterId);
    this.state.ring(clusterId);
  }

  fail(next: Fault): void {
    this.server.faults.add(next);
  }

  requests(): readonly FakeRequest[] {
    return [...this.server.answered];
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  private issueObjectJob(
    clusterId: string,
    kind: "apply" | "delete",
    work: { object: ObjectReference; payload: object },
  ) {
    const { jobs } = this.state;
    const job = jobs.issueObjectJob(clusterId, kind, work, this.state.now());
    this.state.ring(clusterId);
    return { jobId: job.id, generation: job.generation };
  }
}

function view(job: JobRecord): FakeJob {
  const { id, kind, idempotencyKey, state, attempt } = job;
  return {
    id,
    kind,
    idempotencyKey,
    state,
    attempt,
    statuses: [...job.statuses],
    ...(job.outcome === undefined ? {} : { outcome: job.outcome }),
    ...(job.error === undefined ? {} : { error: job.error }),
    ...(job.appliedRef === undefined ? {} : { appliedRef: job.appliedRef }),
  };
}
