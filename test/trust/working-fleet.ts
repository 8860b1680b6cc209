import { SystemClock } from "@vworkspace/kernel";
import { Fleet, type FleetFigures } from "../../apps/simulator/src/fleet/fleet";
import { FleetGateway } from "../../apps/simulator/src/fleet/fleet-gateway";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { eventually } from "../cluster/eventually";
import { OdooSession } from "../conformance/odoo-session";
import type { ListedGateway } from "./listed-gateway";

const LOGIN = "fleet";
const ORGANIZATION = "test";
const CLUSTER = "vworkspace.cluster";
/** As many as one call may change. */
const CLUSTERS_PER_CALL = 100;

export interface WorkingFleetPlan {
  /** Of the listener for agents. */
  readonly url: string;
  /** What agents trust the listener by. */
  readonly caFile: string;
  readonly agents: number;
}

/** Jobs that came to their end, and how many of them are different ones. */
interface SettledJobs {
  readonly all: number;
  readonly once: number;
}

export interface FleetOutcome extends Pick<
  FleetFigures,
  "connected" | "jobsFailed" | "problems"
> {
  readonly complaints: readonly unknown[];
  readonly applied: SettledJobs;
}

/** Real agents, each with one application that changes while something is rotated under them. */
export class WorkingFleet {
  /** How often every application was changed. */
  private rounds = 0;

  private constructor(
    private readonly gateway: ListedGateway,
    private readonly plan: WorkingFleetPlan,
    private readonly parts: {
      readonly fleet: Fleet;
      readonly admin: FleetGateway;
      readonly odoo: OdooSession;
    },
  ) {}

  /** When this returns all are connected and their applications Ready. The caller stops it. */
  static async start(
    gateway: ListedGateway,
    plan: WorkingFleetPlan,
  ): Promise<WorkingFleet> {
    const { key } = await gateway
      .get(UserService)
      .add({ login: LOGIN, role: "admin", organizationCode: ORGANIZATION });
    const names = { database: ORGANIZATION, login: LOGIN, key };
    const admin = new FleetGateway({ url: gateway.url, ...names }, "rotation");
    const odoo = await OdooSession.login(gateway.url, LOGIN, key);
    const { url, caFile, agents } = plan;
    const fleet = new Fleet(
      admin,
      {
        url,
        agents,
        applications: 1,
        perSecond: 20,
        changesPerSecond: 0,
        environment: {
          VWORKSPACE_CA_FILE: caFile,
          VWORKSPACE_REQUIRE_SIGNED_PAYLOADS: "true",
        },
      },
      new SystemClock(),
    );
    const made = new WorkingFleet(gateway, plan, { fleet, admin, odoo });
    await fleet.start();
    await made.reached(
      "all are Ready",
      ({ ready, connected }) => ready === agents && connected === agents,
    );
    return made;
  }

  async stop(): Promise<void> {
    await this.parts.fleet.stop();
    await this.parts.admin.close();
  }

  /** Every application changes while the rotation goes on, and every change is applied before the next one. */
  async throughout(rotation: () => Promise<unknown>): Promise<void> {
    let isOver = false;
    const rotated = rotation().finally(() => (isOver = true));
    // It is heard of below, also where a change fails first.
    rotated.catch(() => undefined);
    do await this.changeEach();
    while (!isOver);
    await rotated;
  }

  /** One method of the clusters' model, on all of them. */
  async ofAll(method: string, ...args: object[]): Promise<void> {
    const found = await this.parts.odoo.execute(CLUSTER, "search", [[]]);
    const clusters = found as readonly number[];
    for (let at = 0; at < clusters.length; at += CLUSTERS_PER_CALL)
      await this.parts.odoo.execute(CLUSTER, method, [
        clusters.slice(at, at + CLUSTERS_PER_CALL),
        ...args,
      ]);
  }

  async rotateCredentials(): Promise<void> {
    const { all } = await this.settled("intent");
    await this.ofAll("action_rotate_credentials");
    await this.untilSettled("intent", all + this.plan.agents);
  }

  async settled(kind: "apply" | "intent"): Promise<SettledJobs> {
    const [jobs] = await this.gateway.look<SettledJobs>(
      `select count(*)::int as all, count(distinct (cluster_id, idempotency_key))::int as once
       from settled_jobs where state = 'succeeded' and kind = $1`,
      [kind],
    );
    return jobs ?? { all: 0, once: 0 };
  }

  /** What has become of agents and jobs, once nothing is under way; printed. */
  async outcome(what: string): Promise<FleetOutcome> {
    const { agents } = this.plan;
    const figures = await this.reached(
      "all are at rest",
      ({ ready, eventsQueued }) => ready === agents && eventsQueued === 0,
    );
    const { connected, jobsSucceeded, jobsFailed, problems } = figures;
    process.stdout.write(
      `${what} under load: ${connected}/${agents} connected, ${jobsSucceeded} jobs succeeded, ${jobsFailed} not, ${problems} problems\n`,
    );
    const complaints = this.parts.fleet.log.worst(10);
    const applied = await this.settled("apply");
    return { connected, jobsFailed, problems, complaints, applied };
  }

  /** What should have: no request was refused, and each job was done once, the first of each application and one for each change. */
  get wholeOutcome(): FleetOutcome {
    const { agents } = this.plan;
    const jobs = agents * (1 + this.rounds);
    return {
      connected: agents,
      jobsFailed: 0,
      problems: 0,
      complaints: [],
      applied: { all: jobs, once: jobs },
    };
  }

  private async changeEach(): Promise<void> {
    const { agents } = this.plan;
    const { all } = await this.settled("apply");
    for (let index = 0; index < agents; index += 1)
      await this.parts.fleet.change(this.rounds * agents + index);
    this.rounds += 1;
    await this.untilSettled("apply", all + agents);
  }

  private async untilSettled(
    kind: "apply" | "intent",
    count: number,
  ): Promise<void> {
    await this.eventually(
      `${count} jobs (${kind}) have succeeded`,
      async () => (await this.settled(kind)).all >= count,
    );
  }

  private reached(
    what: string,
    isReached: (figures: FleetFigures) => boolean,
  ): Promise<FleetFigures> {
    let last = {};
    return this.eventually(what, async () => {
      const figures = await this.parts.fleet.figures();
      last = figures;
      return isReached(figures) && figures;
    }).catch((error: unknown) => {
      const complaints = this.parts.fleet.log.worst(5);
      throw new Error(`${String(error)} ${JSON.stringify(last)}`, {
        cause: complaints,
      });
    });
  }

  private eventually<T>(
    what: string,
    look: () => Promise<T | false>,
  ): Promise<T> {
    return eventually(what, look, 60_000 + this.plan.agents * 1_000);
  }
}
