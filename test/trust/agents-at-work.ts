import { X509Certificate } from "node:crypto";
import { JobService } from "../../apps/gateway/src/delivery/jobs/job.service";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import type { TokenMode } from "../../apps/gateway/src/fleet/clusters/domain/sender-constraint.decide";
import { eventually } from "../cluster/eventually";
import { TestTenant } from "../db/test-tenant";
import type { ListedGateway } from "./listed-gateway";
import { WholeAgent } from "./whole-agent";

const ROTATION = "rotate-operator-credentials";

export interface WorkingAgent {
  /** UUID of its cluster. */
  readonly id: string;
  readonly agent: WholeAgent;
}

/** Whole agents of one organization at a gateway, and what they are given to do. */
export class AgentsAtWork {
  private readonly agents: WholeAgent[] = [];

  private constructor(
    private readonly gateway: ListedGateway,
    readonly tenant: TestTenant,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** @param environment of every agent: how it finds the gateway, and what it trusts */
  static async at(
    gateway: ListedGateway,
    environment: Readonly<Record<string, string>>,
  ): Promise<AgentsAtWork> {
    const tenant = await TestTenant.make(gateway);
    await tenant.allow();
    return new AgentsAtWork(gateway, tenant, environment);
  }

  /** One that has registered and taken its first job. */
  async start(mode: TokenMode): Promise<WorkingAgent> {
    const { tenant } = this;
    const { id } = await tenant.addCluster();
    const agent = new WholeAgent({
      ...this.environment,
      VWORKSPACE_REGISTRATION_TOKEN: await tenant.registrationToken(id),
    });
    this.agents.push(agent);
    await agent.start();
    await agent.says("CredentialAccepted");
    const clusters = this.gateway.get(ClusterService);
    await tenant.in((stores) =>
      clusters.setTokenMode(stores, tenant.actor, id, mode),
    );
    await this.deploy(id, "first");
    return { id, agent };
  }

  /** An application through all of it: one job that the agent takes, applies and settles. */
  async deploy(clusterId: string, name: string): Promise<void> {
    await this.tenant.createInstance(clusterId, { name });
    await eventually(`${name} is applied`, async () => {
      const states = await this.statesOf(clusterId, name);
      return states.includes("succeeded");
    });
    expect(await this.statesOf(clusterId, name)).toEqual(["succeeded"]);
  }

  /** Another token and another certificate, by the order of a person. */
  async rotate({ id, agent }: WorkingAgent): Promise<void> {
    const { tenant } = this;
    const before = await serialOf(agent);
    const jobs = this.gateway.get(JobService);
    await tenant.in((stores) =>
      jobs.orderIntent(stores, tenant.actor, id, ROTATION),
    );
    await eventually(
      "it has another certificate",
      async () => (await serialOf(agent)) !== before,
    );
  }

  async stop(): Promise<void> {
    for (const agent of this.agents) await agent.stop();
  }

  private async statesOf(clusterId: string, name: string) {
    const rows = await this.gateway.look<{ state: string }>(
      "select state from settled_jobs where cluster_id = $1 and name = $2",
      [clusterId, name],
    );
    return rows.map(({ state }) => state);
  }
}

/** Of the certificate that it presents. */
export async function serialOf(agent: WholeAgent): Promise<string> {
  return new X509Certificate(await agent.secretText("tls.crt")).serialNumber;
}
