import { Inject, Injectable, type OnApplicationShutdown } from "@nestjs/common";
import { Clock, ConfigurationError, VERSION } from "@vworkspace/kernel";
import { KubeConnection } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  CLUSTER,
  OPERATION,
} from "@vworkspace/resources";
import { AgentConfig } from "./config";
import { CredentialKeeper } from "./control-plane/credential-keeper";
import { Link } from "./control-plane/link";
import { Registrar } from "./control-plane/registrar";
import { Wire } from "./control-plane/wire";
import { HealthServer } from "./health/health-server";
import { Metrics } from "./health/metrics";
import { Intake } from "./intake/intake";
import { PollLoop } from "./intake/poll-loop";
import { Log, reasonOf } from "./log";
import { ClusterReconciler } from "./reconcilers/cluster/cluster.reconciler";
import { Reconcilers } from "./reconcilers/reconcilers";
import { EventSpool } from "./reporting/event-spool";
import { Pulse } from "./reporting/pulse";
import { Reporter } from "./reporting/reporter";
import { ReflectorWatches } from "./watches/reflector-watches";

/** The rooms of the agent, started in the order in which they need each other and stopped in the other one. */
@Injectable()
export class Agent implements OnApplicationShutdown {
  @Inject() private readonly config: AgentConfig;
  @Inject() private readonly log: Log;
  @Inject() private readonly clock: Clock;
  @Inject() private readonly connection: KubeConnection;
  @Inject() private readonly watches: ReflectorWatches;
  @Inject() private readonly link: Link;
  @Inject() private readonly wire: Wire;
  @Inject() private readonly keeper: CredentialKeeper;
  @Inject() private readonly registrar: Registrar;
  @Inject() private readonly spool: EventSpool;
  @Inject() private readonly reporter: Reporter;
  @Inject() private readonly reconcilers: Reconcilers;
  @Inject() private readonly cluster: ClusterReconciler;
  @Inject() private readonly intake: Intake;
  @Inject() private readonly pollLoop: PollLoop;
  @Inject() private readonly metrics: Metrics;

  /** Ends intake, watches and reconcilers. */
  private readonly stopWork = new AbortController();
  /** Ends reporting, after everything that has something to report. */
  private readonly stopReporting = new AbortController();
  private working: Promise<unknown> = Promise.resolve();
  private reporting: Promise<unknown> = Promise.resolve();
  private health: HealthServer | undefined;
  private wasConnected = false;

  /** Starts everything and returns; nothing that fails later ends the process. */
  async start(): Promise<void> {
    await this.serveHealth();
    const { log } = this;
    this.keeper.onRotated(() => void this.tellOfRotation());
    this.metrics.watch({
      jobsInHand: () => this.intake.size,
      eventsQueued: () => this.reporter.queued,
      eventsLost: () => this.reporter.lost,
      reconcilesQueued: () => this.reconcilers.queued,
    });
    log.info(
      { version: VERSION, endpoint: this.config.controlPlaneEndpoint },
      "The agent starts.",
    );
    this.link.onChange(() => this.sayConnected());
    this.reporting = this.report(this.stopReporting.signal);
    this.working = this.work(this.stopWork.signal);
  }

  /** One line when the gateway has taken the credential, again after each time that it hadn't. */
  private sayConnected(): void {
    const { authentication, clusterId } = this.link.facts;
    const isConnected = authentication.status === "accepted";
    if (isConnected && !this.wasConnected)
      this.log.info(
        { event: "connected", clusterId },
        "The agent is connected.",
      );
    this.wasConnected = isConnected;
  }

  /** Ends in order: no new jobs, reconciles under way end, what is known is sent, connections close. */
  async onApplicationShutdown(): Promise<void> {
    this.stopWork.abort();
    await this.working;
    await this.intake.drained();
    this.stopReporting.abort();
    await this.reporting;
    await this.spool.close();
    await this.wire.close();
    await this.connection.close();
    await this.health?.close();
    this.log.info({}, "The agent has stopped.");
  }

  private async work(signal: AbortSignal): Promise<void> {
    const watching = this.watches.run(signal);
    await Promise.all([
      watching,
      this.reconcileOnceSynced(signal),
      this.pollOnceRegistered(signal),
    ]);
  }

  /** With the gateway gone, reconciling goes on; before the watches have synced, nothing is known well enough. */
  private async reconcileOnceSynced(signal: AbortSignal): Promise<void> {
    await this.watches.waitForSync();
    if (signal.aborted) return;
    this.log.info({}, "The cluster is known; reconciling.");
    await this.reconcilers.run(signal);
  }

  private async pollOnceRegistered(signal: AbortSignal): Promise<void> {
    if (!(await this.registrar.ensure(signal))) return;
    this.log.info(
      { cluster: this.keeper.credentials?.clusterId },
      "Waiting for jobs.",
    );
    await this.pollLoop.run(signal);
  }

  private async report(signal: AbortSignal): Promise<void> {
    const pulse = new Pulse({
      reporter: this.reporter,
      link: this.link,
      clock: this.clock,
      agentVersion: VERSION,
      disconnectAfterMs: this.config.disconnectAfterMs,
      clusterRef: () => ({ ...CLUSTER, name: this.cluster.name }),
      observed: () => this.observed(),
    });
    await Promise.all([this.reporter.run(signal), pulse.run(signal)]);
  }

  /** Everything that a snapshot lists, or undefined while it isn't known completely. */
  private observed() {
    const kinds = [APPLICATION_INSTANCE, OPERATION];
    if (!kinds.every((kind) => this.watches.hasSynced(kind))) return undefined;
    return kinds.flatMap((kind) => [...this.watches.objects(kind).values()]);
  }

  private async tellOfRotation(): Promise<void> {
    await this.reporter.report({
      kind: "CredentialRotated",
      resourceRef: { ...CLUSTER, name: this.cluster.name },
    });
  }

  private async serveHealth(): Promise<void> {
    const { http } = this.config;
    if (http === undefined) return;
    this.metrics.collectProcess();
    this.health = new HealthServer({
      ...http,
      metrics: this.metrics,
      missing: () => this.missing(),
    });
    const address = await this.health.listen().catch((error: unknown) => {
      throw new ConfigurationError(
        `VWORKSPACE_AGENT_HTTP_ADDR is ${http.host}:${http.port}, where the agent can't listen (${reasonOf(error)}): choose another port.`,
      );
    });
    this.log.info({ address }, "Health and metrics are served.");
  }

  private missing(): string[] {
    const isSynced = this.watches.hasSynced(APPLICATION_INSTANCE);
    const { isRegistered } = this.link.facts;
    return [
      ...(isSynced ? [] : ["watches"]),
      ...(isRegistered ? [] : ["registration"]),
    ];
  }
}
