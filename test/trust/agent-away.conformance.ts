import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import type { TokenMode } from "../../apps/gateway/src/fleet/clusters/domain/sender-constraint.decide";
import { AuthorityService } from "../../apps/gateway/src/trust/certificates/authority.service";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import { eventually } from "../cluster/eventually";
import { freePorts } from "../cluster/free-ports";
import { TestTenant } from "../db/test-tenant";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { WholeAgent } from "./whole-agent";

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;

describe("A whole agent whose credential came to its end", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let environment: Readonly<Record<string, string>>;
  const agents: WholeAgent[] = [];

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const url = `https://127.0.0.1:${port}`;
    gateway = await startListedGateway({
      VWORKSPACE_AGENT_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_AGENT_URLS: url,
    });
    tenant = await TestTenant.make(gateway);
    await tenant.allow();
    const caFile = join(gateway.dataDir, "ca.pem");
    const bundle = await gateway.get(CertificateService).caBundle();
    await writeFile(caFile, bundle ?? "");
    environment = { CONTROL_PLANE_ENDPOINT: url, VWORKSPACE_CA_FILE: caFile };
  });

  afterAll(async () => {
    for (const agent of agents) await agent.stop();
    await gateway?.stop();
  });

  async function atWork(mode: TokenMode) {
    const { id } = await tenant.addCluster();
    const agent = new WholeAgent({
      ...environment,
      VWORKSPACE_REGISTRATION_TOKEN: await tenant.registrationToken(id),
    });
    agents.push(agent);
    await agent.start();
    await agent.says("CredentialAccepted");
    await tenant.in((stores) =>
      gateway.get(ClusterService).setTokenMode(stores, tenant.actor, id, mode),
    );
    await deploy(id, "before");
    return { id, agent };
  }

  /** An application through all of it: a job that the agent takes, applies and settles. */
  async function deploy(clusterId: string, name: string): Promise<void> {
    await tenant.createInstance(clusterId, { name });
    await eventually(`${name} is applied`, async () => {
      const states = await jobStates(clusterId, name);
      return states.includes("succeeded");
    });
    expect(await jobStates(clusterId, name)).toEqual(["succeeded"]);
  }

  async function jobStates(clusterId: string, name: string) {
    const rows = await gateway.look<{ state: string }>(
      "select state from settled_jobs where cluster_id = $1 and name = $2",
      [clusterId, name],
    );
    return rows.map(({ state }) => state);
  }

  /** As if it had been away until so many days after its token's end: in both halves of what is known of it. */
  async function endedSince(id: string, agent: WholeAgent, days: number) {
    await gateway.look(
      "update cluster_credentials set expires_at = now() - make_interval(days => $2) where cluster_id = $1",
      [id, days],
    );
    await gateway.look(
      "update cluster_certificates set expires_at = now() - make_interval(days => $2) where cluster_id = $1",
      [id, days],
    );
    const end = new Date(Date.now() - days * DAY_MS).toISOString();
    await agent.changeSecret("expires-at", end);
  }

  async function serial(agent: WholeAgent): Promise<string> {
    const { serialNumber } = new X509Certificate(
      await agent.secretText("tls.crt"),
    );
    return serialNumber;
  }

  const told = async (id: string, action: string) =>
    (await tenant.audit()).filter(
      (entry) => entry.action === action && entry.subject.id === id,
    ).length;

  it.each<TokenMode>(["dpop", "mtls"])(
    "in the mode %s goes on by the key registered with it, and takes the job that waited, without registering again",
    async (mode) => {
      const { id, agent } = await atWork(mode);
      await agent.leave();
      await endedSince(id, agent, 89);
      const [token, certificate] = [
        await agent.secretText("token"),
        await serial(agent),
      ];
      await agent.start();
      await deploy(id, "after");
      await agent.says("CredentialAccepted");
      expect(await agent.secretText("token")).not.toBe(token);
      expect(await serial(agent)).not.toBe(certificate);
      expect(await told(id, "cluster.renew_ended_credential")).toBe(1);
      expect(await told(id, "cluster.register")).toBe(1);
      const refused = await gateway.look(
        "select 1 from events where cluster_id = $1 and kind = 'JobRefused'",
        [id],
      );
      expect(refused).toEqual([]);
    },
  );

  it("more than 90 days ago says that it has expired", async () => {
    const { id, agent } = await atWork("dpop");
    await agent.leave();
    await endedSince(id, agent, 91);
    await agent.start();
    expect(await agent.says("CredentialExpired")).toContain("401");
    expect(await told(id, "cluster.renew_ended_credential")).toBe(0);
  });

  it("gets another certificate by its key where its own was revoked", async () => {
    const { id, agent } = await atWork("mtls");
    const revoked = await serial(agent);
    await gateway.get(AuthorityService).revoke(revoked);
    await deploy(id, "after");
    expect(await serial(agent)).not.toBe(revoked);
    await agent.says("CredentialAccepted");
  });

  it("and that registered no key says of a revoked certificate that it is the certificate", async () => {
    const { id, agent } = await atWork("mtls");
    await agent.leave();
    await gateway.look(
      "update cluster_credentials set confirmation = confirmation - 'jkt' where cluster_id = $1",
      [id],
    );
    await gateway.get(AuthorityService).revoke(await serial(agent));
    await agent.start();
    expect(await agent.says("CertificateUnknown")).toContain("was revoked");
  });
});
