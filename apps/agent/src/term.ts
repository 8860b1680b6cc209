import { Inject, Injectable } from "@nestjs/common";
import { CLUSTER } from "@vworkspace/resources";
import { CredentialKeeper } from "./control-plane/credential-keeper";
import { Link } from "./control-plane/link";
import { Registrar } from "./control-plane/registrar";
import { Wire } from "./control-plane/wire";
import { Intake } from "./intake/intake";
import { PollLoop } from "./intake/poll-loop";
import { Log } from "./log";
import { ClusterReconciler } from "./reconcilers/cluster/cluster.reconciler";
import { Reconcilers } from "./reconcilers/reconcilers";
import { EventSpool } from "./reporting/event-spool";
import { Pulse } from "./reporting/pulse";
import { Reporter } from "./reporting/reporter";
import { TermWatches } from "./watches/term-watches";

/**
 * Everything an agent does while it leads, from nothing: another one may have registered, renewed the credential and reported
 * since this one led last. The rooms are started in the order in which they need each other and stopped in the other one.
 */
@Injectable()
export class Term {
  @Inject() private readonly log: Log;
  @Inject() private readonly watches: TermWatches;
  @Inject() private readonly link: Link;
  @Inject() private readonly wire: Wire;
  @Inject() private readonly keeper: CredentialKeeper;
  @Inject() private readonly registrar: Registrar;
  @Inject() private readonly spool: EventSpool;
  @Inject() private readonly reporter: Reporter;
  @Inject() private readonly pulse: Pulse;
  @Inject() private readonly reconcilers: Reconcilers;
  @Inject() private readonly cluster: ClusterReconciler;
  @Inject() private readonly intake: Intake;
  @Inject() private readonly pollLoop: PollLoop;

  private wasConnected = false;

  get isRegistered(): boolean {
    return this.link.facts.isRegistered;
  }

  /** For the metrics. */
  get gauges() {
    return {
      jobsInHand: this.intake.size,
      eventsQueued: this.reporter.queued,
      eventsLost: this.reporter.lost,
      reconcilesQueued: this.reconcilers.queued,
      connected: Number(this.link.isConnected),
    };
  }

  /**
   * Works until `signal` aborts; then ends in order: no new jobs, reconciles under way end, what is known is sent, the spool
   * and the connections to the gateway close. Called once.
   */
  async run(signal: AbortSignal): Promise<void> {
    const stopReporting = new AbortController();
    this.keeper.onRotated(() => void this.tellOfRotation());
    this.link.onChange(() => this.sayConnected());
    this.watches.begin();
    const reporting = this.report(stopReporting.signal);
    try {
      await Promise.all([
        this.reconcileOnceSynced(signal),
        this.pollOnceRegistered(signal),
      ]);
      await this.intake.drained();
    } finally {
      stopReporting.abort();
      // The next term of this process opens the same spool.
      await reporting.finally(() => this.close());
    }
  }

  private async close(): Promise<void> {
    this.watches.end();
    await this.spool.close();
    await this.wire.close();
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

  /** With the gateway gone, reconciling goes on; before the watches have synced, nothing is known well enough. */
  private async reconcileOnceSynced(signal: AbortSignal): Promise<void> {
    await Promise.race([this.watches.waitForSync(), aborted(signal)]);
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
    await this.pollLoop.run(signal, (until) => this.pulse.greet(until));
  }

  private async report(signal: AbortSignal): Promise<void> {
    await Promise.all([this.reporter.run(signal), this.pulse.run(signal)]);
  }

  private async tellOfRotation(): Promise<void> {
    await this.reporter.report({
      kind: "CredentialRotated",
      resourceRef: { ...CLUSTER, name: this.cluster.name },
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
