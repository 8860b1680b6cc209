import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import {
  type Authority,
  makeRoot,
} from "../../apps/gateway/src/trust/certificates/domain/authority";
import { eventually } from "../cluster/eventually";
import { freePorts } from "../cluster/free-ports";
import { AgentsAtWork, type WorkingAgent } from "./agents-at-work";
import { registerWithCertificate } from "./certified-cluster";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { type ClientIdentity, TlsAgent } from "./tls-agent";

jest.setTimeout(120_000);

describe("A whole gateway whose CA is kept in files", () => {
  let directory: string;
  let old: Authority;
  let next: Authority;
  let port: number;
  let gateway: ListedGateway;
  let agents: AgentsAtWork;
  let own: WorkingAgent;
  const clients: TlsAgent[] = [];

  const path = (name: string) => join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "vworkspace-file-ca-"));
    old = await makeRoot("old.example.com", Date.now());
    next = await makeRoot("next.example.com", Date.now());
    await write([old]);
    await writeFile(path("trusted.pem"), old.certificatePem);
    [port = 0] = await freePorts(1);
    const url = `https://127.0.0.1:${port}`;
    gateway = await startListedGateway({
      VWORKSPACE_AGENT_ADDR: `127.0.0.1:${port}`,
      VWORKSPACE_AGENT_URLS: url,
      VWORKSPACE_AGENT_CA_CERT_FILE: path("ca.pem"),
      VWORKSPACE_AGENT_CA_KEY_FILE: path("ca.key"),
    });
    agents = await AgentsAtWork.at(gateway, {
      CONTROL_PLANE_ENDPOINT: url,
      VWORKSPACE_CA_FILE: path("trusted.pem"),
    });
    own = await agents.start("mtls");
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await agents?.stop();
    await gateway?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** The first one issues, by its key. */
  async function write(authorities: readonly Authority[]): Promise<void> {
    const text = authorities.map(({ certificatePem }) => certificatePem);
    await writeFile(path("ca.key"), authorities[0]?.keyPem ?? "");
    await writeFile(path("ca.pem"), text.join(""));
  }

  /** Replaces the files under the gateway, and waits until its listener shows a certificate of the first one. */
  async function replace(
    first: Authority,
    ...others: readonly Authority[]
  ): Promise<void> {
    await write([first, ...others]);
    await eventually("the gateway goes by the files", async () => {
      const { trusted } = await gateway.get(CertificateService).current();
      return trusted.length === 1 + others.length;
    });
    await eventually("the listener shows a certificate of the first", () =>
      connect(first)
        .call("GET", "/health/live")
        .then(({ status }) => status === 200),
    );
  }

  function connect(authority: Authority, identity?: ClientIdentity): TlsAgent {
    const client = new TlsAgent(port, authority.certificatePem, identity);
    clients.push(client);
    return client;
  }

  async function isOf({ certificatePem }: Authority): Promise<boolean> {
    const leaf = new X509Certificate(await own.agent.secretText("tls.crt"));
    return leaf.checkIssued(new X509Certificate(certificatePem));
  }

  it("issues by it when an agent registers and when it renews, and lets in by it", async () => {
    expect(await isOf(old)).toBe(true);
    await agents.rotate(own);
    expect(await isOf(old)).toBe(true);
    await agents.deploy(own.id, "renewed");
  });

  it("goes over to another one while agents work, in the steps of the file", async () => {
    await replace(old, next);
    await agents.rotate(own);
    expect(await isOf(old)).toBe(true);
    await replace(next, old);
    // By the certificate of the old one still, at a listener that shows one of the next.
    await agents.deploy(own.id, "swapped");
    expect(await isOf(old)).toBe(true);
    await agents.rotate(own);
    expect(await isOf(next)).toBe(true);
    await replace(next);
    await agents.deploy(own.id, "over");
  });

  it("refuses what was issued by one that is no longer in the file", async () => {
    await replace(old, next);
    const bare = connect(old);
    const former = await registerWithCertificate(gateway, agents.tenant, bare);
    const poll = async (authority: Authority) => {
      const { status, body } = await connect(authority, former.identity).call(
        "GET",
        `/api/agent/jobs?cluster=${former.code}&wait=0`,
        { token: former.token },
      );
      return [status, body["error"]];
    };
    expect(await poll(old)).toEqual([200, undefined]);
    await replace(next, old);
    expect(await poll(next)).toEqual([200, undefined]);
    await replace(next);
    expect(await poll(next)).toEqual([401, "certificate_refused"]);
  });
});
