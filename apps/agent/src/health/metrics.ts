import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";

/** Gauges are read when somebody asks. */
export interface Gauges {
  readonly jobsInHand: () => number;
  readonly eventsQueued: () => number;
  readonly eventsLost: () => number;
  readonly reconcilesQueued: () => number;
  /** 1 while this agent leads, 0 while it stands by. */
  readonly leads: () => number;
  /** 1 while the gateway answers and takes the credential. */
  readonly connected: () => number;
}

/** The agent's metrics, in a registry of its own so that several agents can live in one process. */
export class Metrics {
  readonly registry = new Registry();
  private readonly polls = this.counter(
    "vworkspace_agent_polls_total",
    "Polls by what they brought.",
    "result",
  );
  private readonly jobs = this.counter(
    "vworkspace_agent_jobs_total",
    "Jobs by outcome.",
    "outcome",
  );
  private readonly reconciles = this.counter(
    "vworkspace_agent_reconciles_total",
    "Reconciles by kind and result.",
    "kind",
    "result",
  );

  /** CPU, memory and event loop of the process; once per process. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  polled(result: string): void {
    this.polls.inc({ result });
  }

  jobSettled(outcome: string): void {
    this.jobs.inc({ outcome });
  }

  reconciled(kind: string, hasFailed: boolean): void {
    this.reconciles.inc({ kind, result: hasFailed ? "failed" : "done" });
  }

  watch(gauges: Gauges): void {
    this.gauge(
      "vworkspace_agent_jobs_in_hand",
      "Jobs under way.",
      gauges.jobsInHand,
    );
    this.gauge(
      "vworkspace_agent_events_queued",
      "Events that wait.",
      gauges.eventsQueued,
    );
    this.gauge(
      "vworkspace_agent_events_lost",
      "Events lost since the start.",
      gauges.eventsLost,
    );
    this.gauge(
      "vworkspace_agent_reconciles_queued",
      "Instances that wait for a reconcile.",
      gauges.reconcilesQueued,
    );
    this.gauge(
      "vworkspace_agent_leader",
      "1 while this agent leads, 0 while it stands by.",
      gauges.leads,
    );
    this.gauge(
      "vworkspace_agent_connected",
      "1 while the gateway answers and takes the credential.",
      gauges.connected,
    );
  }

  private counter(name: string, help: string, ...labelNames: string[]) {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}
