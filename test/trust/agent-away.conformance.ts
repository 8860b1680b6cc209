import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TokenMode } from "../../apps/gateway/src/fleet/clusters/domain/sender-constraint.decide";
import { AuthorityService } from "../../apps/gateway/src/trust/certificates/authority.service";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import { freePorts } from "../cluster/free-ports";
import { AgentsAtWork, serialOf } from "./agents-at-work";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import type { WholeAgent } from "./whole-agent";

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;

describe("A whole agent whose credential came to its end", () => {
  let gateway: ListedGateway;
  let agents: AgentsAtWork;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const url = `https://127.0.0.1:${port}`;
    gateway = await startListedGateway({
      VWORKSPACE_AGENT_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_AGENT_URLS: url,
    });
    const caFile = join(gateway.dataDir, "ca.pem");
    const bundle = await gateway.get(CertificateService).caBundle();
    await writeFile(caFile, bundle ?? "");
    agents = await AgentsAtWork.at(gateway, {
      CONTROL_PLANE_ENDPOINT: url,
      VWORKSPACE_CA_FILE: caFile,
    });
  });

  afterAll(async () => {
    await agents?.stop();
    await gateway?.stop();
  });

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

  const told = async (id: string, action: string) =>
    (await agents.tenant.audit()).filter(
      (entry) => entry.action === action && entry.subject.id === id,
    ).length;

  it.each<TokenMode>(["dpop", "mtls"])(
    "in the mode %s goes on by the key registered with it, and takes the job that waited, without registering again",
    async (mode) => {
      const { id, agent } = await agents.start(mode);
      await agent.leave();
      await endedSince(id, agent, 89);
      const [token, certificate] = [
        await agent.secretText("token"),
        await serialOf(agent),
      ];
      await agent.start();
      await agents.deploy(id, "after");
      await agent.says("CredentialAccepted");
      expect(await agent.secretText("token")).not.toBe(token);
      expect(await serialOf(agent)).not.toBe(certificate);
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
    const { id, agent } = await agents.start("dpop");
    await agent.leave();
    await endedSince(id, agent, 91);
    await agent.start();
    expect(await agent.says("CredentialExpired")).toContain("401");
    expect(await told(id, "cluster.renew_ended_credential")).toBe(0);
  });

  it("gets another certificate by its key where its own was revoked", async () => {
    const { id, agent } = await agents.start("mtls");
    const revoked = await serialOf(agent);
    await gateway.get(AuthorityService).revoke(revoked);
    await agents.deploy(id, "after");
    expect(await serialOf(agent)).not.toBe(revoked);
    await agent.says("CredentialAccepted");
  });

  it("and that registered no key says of a revoked certificate that it is the certificate", async () => {
    const { id, agent } = await agents.start("mtls");
    await agent.leave();
    await gateway.look(
      "update cluster_credentials set confirmation = confirmation - 'jkt' where cluster_id = $1",
      [id],
    );
    await gateway.get(AuthorityService).revoke(await serialOf(agent));
    await agent.start();
    expect(await agent.says("CertificateUnknown")).toContain("was revoked");
  });
});
