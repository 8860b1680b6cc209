import { hostname } from "node:os";
import { type Clock, newId } from "@vworkspace/kernel";
import { type KubeApi, LeaderElection } from "@vworkspace/kube";
import { type Log, reasonOf } from "../log";
import { Leadership } from "./leadership";

export interface LeaseLeadershipOptions {
  /** Over a connection without a fence. */
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly log: Log;
  /** The agent's own. */
  readonly namespace: string;
}

export const AGENT_LEASE = "vworkspace-agent";

/** One of several replicas leads, by the Lease in the agent's namespace; the others stand by. */
export class LeaseLeadership extends Leadership {
  override readonly isContested = true;
  private readonly election: LeaderElection;

  constructor(private readonly options: LeaseLeadershipOptions) {
    super();
    const { api, clock, log, namespace } = options;
    this.election = new LeaderElection({
      api,
      clock,
      lease: { namespace, name: AGENT_LEASE },
      // A container that starts anew in its pod has the same name, and is another process all the same.
      identity: `${hostname()}_${newId().slice(-12)}`,
      onOther: (leader) =>
        log.info({ event: "standing-by", leader }, "Another agent leads."),
      onError: (error) =>
        log.warn(
          { lease: AGENT_LEASE, reason: reasonOf(error) },
          "Leading, or the Lease that says who leads, failed; trying again.",
        ),
    });
  }

  override get isOpen(): boolean {
    return this.election.isOpen;
  }

  override get closes(): AbortSignal {
    return this.election.closes;
  }

  override run(
    lead: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    return this.election.run((term) => this.lead(lead, term), signal);
  }

  private async lead(
    lead: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { log } = this.options;
    const sayLost = () => {
      if (this.closes.aborted)
        log.warn(
          { event: "lost" },
          "This agent leads no more: the Lease could not be renewed, or is another one's. It stands by.",
        );
    };
    log.info({ event: "leading" }, "This agent leads.");
    signal.addEventListener("abort", sayLost, { once: true });
    await lead(signal);
  }
}
