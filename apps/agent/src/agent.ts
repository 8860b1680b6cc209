import { Inject, Injectable, type OnApplicationShutdown } from "@nestjs/common";
import { ModuleRef } from "@nestjs/core";
import { ConfigurationError, VERSION } from "@vworkspace/kernel";
import { KubeConnection } from "@vworkspace/kube";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";
import { AgentConfig } from "./config";
import { HealthServer } from "./health/health-server";
import { Metrics } from "./health/metrics";
import { Leadership } from "./leadership/leadership";
import { Log, reasonOf } from "./log";
import type { Term } from "./term";
import { openTerm } from "./term.module";
import { ReflectorWatches } from "./watches/reflector-watches";

/** The process: it watches all the time, and works in terms, one after the other, whenever it leads. */
@Injectable()
export class Agent implements OnApplicationShutdown {
  @Inject() private readonly config: AgentConfig;
  @Inject() private readonly log: Log;
  @Inject() private readonly connection: KubeConnection;
  @Inject() private readonly watches: ReflectorWatches;
  @Inject() private readonly leadership: Leadership;
  @Inject() private readonly metrics: Metrics;
  @Inject() private readonly process: ModuleRef;

  private readonly stopLeading = new AbortController();
  /** After everything that reads what is watched. */
  private readonly stopWatching = new AbortController();
  private leading: Promise<void> = Promise.resolve();
  private watching: Promise<void> = Promise.resolve();
  private term: Term | undefined;
  private health: HealthServer | undefined;

  /** Starts everything and returns; nothing that fails later ends the process. */
  async start(): Promise<void> {
    const { log, leadership } = this;
    await this.serveHealth();
    // Where no other agent could do better, what can't be opened as configured is said at once.
    if (!leadership.isContested) this.term = await openTerm(this.process);
    this.serveMetrics();
    log.info(
      { version: VERSION, endpoint: this.config.controlPlaneEndpoint },
      "The agent starts.",
    );
    this.watching = this.watches.run(this.stopWatching.signal);
    this.leading = leadership.run(
      (signal) => this.lead(signal),
      this.stopLeading.signal,
    );
  }

  /** Ends in order: the term, with all that is under way in it; what is watched; the connections. */
  async onApplicationShutdown(): Promise<void> {
    this.stopLeading.abort();
    await this.leading;
    this.stopWatching.abort();
    await this.watching;
    await this.connection.close();
    await this.health?.close();
    this.log.info({}, "The agent has stopped.");
  }

  private async lead(signal: AbortSignal): Promise<void> {
    this.term ??= await openTerm(this.process);
    try {
      await this.term.run(signal);
    } finally {
      this.term = undefined;
    }
  }

  private serveMetrics(): void {
    const gauge = (name: keyof Term["gauges"]) => () =>
      this.term?.gauges[name] ?? 0;
    this.metrics.watch({
      jobsInHand: gauge("jobsInHand"),
      eventsQueued: gauge("eventsQueued"),
      eventsLost: gauge("eventsLost"),
      reconcilesQueued: gauge("reconcilesQueued"),
      connected: gauge("connected"),
      leads: () => Number(this.leadership.isOpen),
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

  /** An agent that stands by is ready when it sees the cluster: that is all it does. */
  private missing(): string[] {
    const isSynced = this.watches.hasSynced(APPLICATION_INSTANCE);
    const isWaiting = this.term !== undefined && !this.term.isRegistered;
    return [
      ...(isSynced ? [] : ["watches"]),
      ...(isWaiting ? ["registration"] : []),
    ];
  }
}
