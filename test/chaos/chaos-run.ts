import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { applicationPlans } from "./application-plan";
import { ApplicationStream } from "./application-stream";
import { ChaosAgent } from "./chaos-agent";
import { ChaosCluster } from "./chaos-cluster";
import type { ClusterKind } from "./chaos-server";
import { type ChaosStage, STAGE_TIMES } from "./chaos-stage";
import { clusterProblems } from "./cluster-problems";
import {
  type ChaosProgram,
  type Fault,
  type FaultMoment,
  faultPlan,
} from "./fault-plan";
import { FaultProxy } from "./fault-proxy";
import {
  type GatewayLedger,
  lastLeaf,
  type LedgerScope,
  readLedger,
} from "./gateway-ledger";
import { ledgerProblems } from "./ledger-problems";
import { sightingProblems } from "./sighting-problems";

/** What a run came to. */
export interface ChaosOutcome {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly Fault[];
  /** Tries of callers that ended without an answer. */
  readonly unanswered: number;
  /** Writes of the agent that arrived a second time, late. */
  readonly lateCopies: number;
  readonly ledger: GatewayLedger;
  /** Empty when cluster, gateway, callers and evidence agree. */
  readonly problems: readonly string[];
  /** Logs of a run with problems; else it is gone. */
  readonly directory: string;
}

export interface ChaosRunOptions {
  readonly seed: number;
  readonly applications: number;
  readonly cluster: ClusterKind;
}

/** For everything to come to rest once the last fault is over; far more than it takes. */
const QUIET_MS = 120_000;
const LOOK_MS = 100;
const POLL_WAIT_SECONDS = 2;
const DISCONNECT_SECONDS = 4;

let runs = 0;

/** One seed: a cluster and an agent of its own at the stage's gateway, callers with their plans, and faults on the way. */
export class ChaosRun {
  private readonly faulty = new Map<string, Promise<void>>();

  private constructor(
    private readonly stage: ChaosStage,
    private readonly options: ChaosRunOptions,
    private readonly parts: ChaosParts,
  ) {}

  /** Carries out a seed, and says what it came to. */
  static async of(
    stage: ChaosStage,
    options: ChaosRunOptions,
  ): Promise<ChaosOutcome> {
    const startedAt = Date.now();
    const parts = await startParts(stage, options);
    const run = new ChaosRun(stage, options, parts);
    try {
      const outcome = await run.outcome(startedAt);
      await stopParts(parts);
      if (outcome.problems.length === 0)
        await rm(parts.directory, { recursive: true, force: true });
      return outcome;
    } catch (error) {
      await stopParts(parts);
      throw error;
    }
  }

  private async outcome(startedAt: number): Promise<ChaosOutcome> {
    const { stage, parts } = this;
    const { seed, applications } = this.options;
    const plans = applicationPlans(seed, applications);
    const orders = plans.flatMap((plan) => plan.orders).length;
    const faults = faultPlan(seed, orders);
    const stream = new ApplicationStream(stage.clients, plans, {
      ...parts.scope,
      catalogCode: stage.catalogCode,
    });
    await parts.agent.connected();
    const harm = this.harm(faults, stream);
    const failures = await failuresOf(stream.run(), harm);
    await parts.cluster.lateCopies.idle();
    const ledger = await this.quietLedger();
    const problems =
      failures.length === 0
        ? [
            ...ledgerProblems(ledger, stream),
            ...clusterProblems(await parts.cluster.content(), ledger.instances),
            ...sightingProblems(parts.cluster.witness.sightings, ledger),
          ]
        : failures;
    return {
      seed,
      seconds: (Date.now() - startedAt) / 1_000,
      faults: faults.map(({ fault }) => fault),
      unanswered: stream.unanswered,
      lateCopies: parts.cluster.lateCopies.answered,
      ledger,
      problems,
      directory: parts.directory,
    };
  }

  /** Lets the faults happen at their moments of the stream; resolves when the last one is over. */
  private async harm(
    moments: readonly FaultMoment[],
    stream: ApplicationStream,
  ): Promise<void> {
    for (const { afterOrders, delayMs, fault } of moments) {
      await stream.reached(afterOrders);
      await sleep(delayMs);
      this.begin(fault);
    }
    await Promise.all(this.faulty.values());
  }

  /** One fault at a time of a program or link; the gateway and its database count as one. */
  private begin(fault: Fault): void {
    const isDatabase = fault.on.includes("postgres");
    const place = isDatabase ? "gateway" : fault.on;
    const before = this.faulty.get(place) ?? Promise.resolve();
    this.faulty.set(
      place,
      before.then(() => this.carryOut(fault)),
    );
  }

  private carryOut(fault: Fault): Promise<void> {
    const { cluster, gatewayLink } = this.parts;
    if (!("link" in fault)) return this.crash(fault.on, fault.downMs);
    const proxy = fault.on === "gateway-link" ? gatewayLink : cluster.link;
    return proxy.hurt(fault.link);
  }

  private crash(program: ChaosProgram, downMs: number): Promise<void> {
    const { agent, cluster } = this.parts;
    const { gateway } = this.stage;
    switch (program) {
      case "agent":
        return agent.crash(downMs);
      case "api-server":
        return cluster.crash(downMs);
      case "postgres":
        return gateway.crashPostgres(downMs);
      case "gateway":
      case "gateway-and-postgres":
        return gateway.crash(downMs, program === "gateway-and-postgres");
    }
  }

  /** The ledger once nothing is under way, or as it is when the time is over. */
  private async quietLedger(): Promise<GatewayLedger> {
    const endsAt = Date.now() + QUIET_MS;
    for (;;) {
      const { url } = this.stage.gateway.postgres;
      const ledger = await readLedger(url, this.parts.scope);
      if (isQuiet(ledger) || Date.now() > endsAt) return ledger;
      await sleep(LOOK_MS);
    }
  }
}

const AT_REST: readonly string[] = ["ready", "suspended", "deleted"];

function isQuiet({ instances, objects, openJobs }: GatewayLedger): boolean {
  return (
    openJobs.length === 0 &&
    objects.every(({ isUnfinished }) => !isUnfinished) &&
    instances.every(
      ({ state, suspended }) =>
        AT_REST.includes(state) &&
        (state === "deleted" || (state === "suspended") === suspended),
    )
  );
}

/** What a run starts and stops. */
interface ChaosParts {
  readonly directory: string;
  readonly scope: LedgerScope;
  readonly cluster: ChaosCluster;
  readonly gatewayLink: FaultProxy;
  readonly agent: ChaosAgent;
}

async function startParts(
  stage: ChaosStage,
  { seed, cluster: kind }: ChaosRunOptions,
): Promise<ChaosParts> {
  const code = `chaos-${(runs += 1)}-${seed}`;
  const directory = await mkdtemp(join(tmpdir(), `vworkspace-${code}-`));
  const afterLeaf = await lastLeaf(stage.gateway.postgres.url);
  const { number: clusterNumber, token } = await stage.newCluster(code);
  const cluster = await ChaosCluster.start(kind, directory);
  const gatewayLink = await FaultProxy.start(() => stage.gateway.target);
  const agent = new ChaosAgent({
    logFile: join(directory, "agent.log"),
    environment: {
      CONTROL_PLANE_ENDPOINT: `http://127.0.0.1:${gatewayLink.port}`,
      KUBECONFIG: cluster.agentKubeconfig,
      VWORKSPACE_REGISTRATION_TOKEN: token,
      VWORKSPACE_POLL_WAIT_SECONDS: String(POLL_WAIT_SECONDS),
      VWORKSPACE_REQUEST_TIMEOUT_SECONDS: String(STAGE_TIMES.requestSeconds),
      VWORKSPACE_JOB_LEASE_SECONDS: String(STAGE_TIMES.leaseSeconds),
      VWORKSPACE_DISCONNECT_AFTER_SECONDS: String(DISCONNECT_SECONDS),
      VWORKSPACE_LOG_LEVEL: "debug",
      // Every other seed loses the events of a killed agent, and lives from its snapshot.
      ...(seed % 2 === 0
        ? { VWORKSPACE_STATE_DIR: join(directory, "spool") }
        : {}),
    },
  });
  const scope = { clusterNumber, requestPrefix: code, afterLeaf };
  return { directory, scope, cluster, gatewayLink, agent };
}

async function stopParts(parts: ChaosParts): Promise<void> {
  await parts.agent.stop();
  await parts.gatewayLink.stop();
  await parts.cluster.stop();
}

/** What went wrong with the run itself: callers without an answer, programs that did not start again. */
async function failuresOf(
  ...parts: readonly Promise<unknown>[]
): Promise<string[]> {
  const ends = await Promise.allSettled(parts);
  return ends.flatMap((end) =>
    end.status === "rejected" ? [String(end.reason)] : [],
  );
}
