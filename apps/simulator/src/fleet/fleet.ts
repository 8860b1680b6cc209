import {
  type EmbeddedAgent,
  startEmbeddedAgent,
} from "../../../agent/src/embedded-agent";
import type { Clock } from "@vworkspace/kernel";
import type { SimulatedCluster } from "../simulated-cluster";
import { openFleetCluster } from "./fleet-cluster";
import type { FleetGateway } from "./fleet-gateway";
import { FleetLog } from "./fleet-log";
import { InProcessConnection } from "./in-process-connection";

export interface FleetPlan {
  /** Where agents find the gateway. */
  readonly url: string;
  /** Settings of every agent besides, by the names of its environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly agents: number;
  /** Of each cluster. */
  readonly applications: number;
  /** Agents that come within a second. */
  readonly perSecond: number;
  /** Changes of applications that are asked for within a second, once all agents are there. */
  readonly changesPerSecond: number;
}

/** A fleet at one moment. */
export interface FleetFigures {
  readonly started: number;
  readonly connected: number;
  readonly polls: number;
  readonly jobsSucceeded: number;
  readonly jobsFailed: number;
  readonly applications: number;
  /** As the gateway knows them. */
  readonly ready: number;
  /** That the gateway has taken since the fleet began. */
  readonly events: number;
  /** Events that wait in agents. */
  readonly eventsQueued: number;
  /** Warnings and errors that agents logged, and calls of the fleet itself that failed. */
  readonly problems: number;
  /** Bytes of this process. */
  readonly resident: number;
}

/** A gateway that is slow is not to be buried under calls that it can't answer in time. */
const MAX_UNDER_WAY = 50;

interface Member {
  readonly agent: EmbeddedAgent;
  readonly cluster: SimulatedCluster;
}

/** Many real agents in one process, each with a cluster of its own in memory, at one gateway. */
export class Fleet {
  readonly log = new FleetLog();
  private readonly members: Member[] = [];
  private readonly applications: number[] = [];
  private readonly stopping = new AbortController();
  private eventsBefore = 0;
  private known = { ready: 0, events: 0 };
  private busy: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly gateway: FleetGateway,
    private readonly plan: FleetPlan,
    private readonly clock: Clock,
  ) {}

  /** Prepares the gateway and begins to bring the agents. @throws RpcFault, DomainError where the gateway refuses or is not there */
  async start(): Promise<void> {
    await this.gateway.prepare();
    this.eventsBefore = await this.gateway.events();
    this.busy = this.work();
  }

  async figures(): Promise<FleetFigures> {
    const sums = new Map<string, number>();
    for (const { agent } of this.members)
      for (const [name, value] of await agent.figures())
        sums.set(name, (sums.get(name) ?? 0) + value);
    const jobs = sumOf(sums, "vworkspace_agent_jobs_total ");
    const jobsSucceeded =
      sums.get("vworkspace_agent_jobs_total succeeded") ?? 0;
    return {
      started: this.members.length,
      connected: sums.get("vworkspace_agent_connected") ?? 0,
      polls: sumOf(sums, "vworkspace_agent_polls_total "),
      jobsSucceeded,
      jobsFailed: jobs - jobsSucceeded,
      // Asked before the applications are counted: those that come meanwhile aren't Ready without being there.
      ...(await this.asked()),
      applications: this.applications.length,
      eventsQueued: sums.get("vworkspace_agent_events_queued") ?? 0,
      problems: this.log.problems,
      resident: process.memoryUsage.rss(),
    };
  }

  /** Ends every agent as its own program would, then the clusters. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.gateway.giveUp();
    await this.busy;
    await Promise.all(this.members.map(({ agent }) => agent.stop()));
    for (const { cluster } of this.members) cluster.stop();
  }

  /** Asks for other values of one application, in turn; that makes a job. */
  async change(round: number): Promise<void> {
    const { applications } = this;
    const application = applications[round % Math.max(1, applications.length)];
    if (application !== undefined)
      await this.gateway.change(application, round + 1);
  }

  private async work(): Promise<void> {
    const { agents, perSecond, changesPerSecond } = this.plan;
    await this.paced(perSecond, agents, (index) => this.bring(index));
    if (changesPerSecond > 0)
      await this.paced(changesPerSecond, Infinity, (round) =>
        this.change(round),
      );
  }

  /** One after the other at a rate, with no more than MAX_UNDER_WAY at a time; what fails is counted. */
  private async paced(
    perSecond: number,
    count: number,
    work: (index: number) => Promise<void>,
  ): Promise<void> {
    const { signal } = this.stopping;
    const running = new Set<Promise<void>>();
    for (let index = 0; index < count && !signal.aborted; index += 1) {
      const one = work(index).catch((error: unknown) => this.note(error));
      running.add(one);
      void one.then(() => running.delete(one));
      if (running.size >= MAX_UNDER_WAY) await Promise.race(running);
      await this.clock.sleep(1_000 / perSecond, signal);
    }
    await Promise.all(running);
  }

  private async bring(index: number): Promise<void> {
    const { id, token } = await this.gateway.newCluster(index);
    if (this.stopping.signal.aborted) return;
    const cluster = openFleetCluster(index, (error) => this.note(error));
    const agent = await startEmbeddedAgent({
      environment: {
        CONTROL_PLANE_ENDPOINT: this.plan.url,
        VWORKSPACE_REGISTRATION_TOKEN: token,
        VWORKSPACE_LEADER_ELECTION: "false",
        ...this.plan.environment,
      },
      log: this.log,
      connection: new InProcessConnection(cluster.router),
    });
    this.members.push({ agent, cluster });
    for (let number = 0; number < this.plan.applications; number += 1)
      this.applications.push(
        await this.gateway.newApplication(id, `app-${number}`),
      );
  }

  /** What the gateway knows; while it cannot answer, what it said last, and a problem is counted. */
  private async asked(): Promise<Pick<FleetFigures, "ready" | "events">> {
    try {
      const ready = await this.gateway.readyApplications();
      const events = (await this.gateway.events()) - this.eventsBefore;
      this.known = { ready, events };
    } catch (error) {
      this.note(error);
    }
    return this.known;
  }

  private note(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.log.error({ reason }, "The fleet itself:");
  }
}

function sumOf(sums: ReadonlyMap<string, number>, prefix: string): number {
  let sum = 0;
  for (const [name, value] of sums) if (name.startsWith(prefix)) sum += value;
  return sum;
}
