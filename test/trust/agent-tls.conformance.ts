import { X509Certificate } from "node:crypto";
import { AuthorityService } from "../../apps/gateway/src/trust/certificates/authority.service";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import {
  makeIntermediate,
  makeRoot,
} from "../../apps/gateway/src/trust/certificates/domain/authority";
import { keyOfRequest } from "../../apps/gateway/src/trust/certificates/domain/client-request";
import { issueForCluster } from "../../apps/gateway/src/trust/certificates/domain/leaf";
import { TestTenant } from "../db/test-tenant";
import {
  type CertifiedCluster,
  registerWithCertificate,
} from "./certified-cluster";
import { type ListedGateway, startListedGateway } from "./listed-gateway";
import { makeCertificateRequest } from "../../apps/agent/src/control-plane/certificate-request";
import { type ClientIdentity, TlsAgent } from "./tls-agent";

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;

describe("Agents over TLS", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let bundle: string;
  let own: CertifiedCluster;
  let sibling: CertifiedCluster;
  const open: TlsAgent[] = [];

  beforeAll(async () => {
    gateway = await startListedGateway({
      VWORKSPACE_AGENT_ADDR: "127.0.0.1:0",
    });
    tenant = await TestTenant.make(gateway);
    bundle = (await gateway.get(CertificateService).caBundle()) ?? "";
    own = await register();
    sibling = await register();
  });

  afterAll(async () => {
    for (const agent of open) agent.close();
    await gateway?.stop();
  });

  function connect(identity?: ClientIdentity): TlsAgent {
    const agent = new TlsAgent(gateway.agentPort ?? 0, bundle, identity);
    open.push(agent);
    return agent;
  }

  async function register(): Promise<CertifiedCluster> {
    const made = await registerWithCertificate(gateway, tenant, connect());
    const { status, body } = made.registration;
    expect({ status, bundle: body["caBundle"] }).toEqual({
      status: 200,
      bundle,
    });
    return made;
  }

  const poll = (agent: TlsAgent, { code, token }: CertifiedCluster, wait = 0) =>
    agent.call("GET", `/api/agent/jobs?cluster=${code}&wait=${wait}`, {
      token,
    });
  const judged = async (identity?: ClientIdentity) => {
    const { status, body } = await poll(connect(identity), own);
    return status === 200 ? 200 : [status, body["message"]];
  };

  /** A certificate for the cluster, of a CA of one's own or of another time, and without a row. */
  async function selfMade(now: number): Promise<ClientIdentity> {
    const root = await makeRoot("vworkspace", now);
    const authority = await makeIntermediate(root, "vworkspace", now);
    const { csr, key } = await makeCertificateRequest();
    const leaf = await issueForCluster(authority, await keyOfRequest(csr), {
      domain: "vworkspace",
      clusterId: own.id,
      now,
    });
    const chain = [leaf, authority, root].map((one) => one.certificatePem);
    return { cert: chain.join(""), key };
  }

  it("serves agents there, and only there, and nothing else there", async () => {
    const agent = connect();
    expect((await agent.call("GET", "/.well-known/jwks.json")).status).toBe(
      200,
    );
    expect((await agent.call("GET", "/health/live")).status).toBe(200);
    for (const path of ["/metrics", "/jsonrpc", "/web/login", "/", "/nowhere"])
      expect([path, (await agent.call("POST", path)).status]).toEqual([
        path,
        404,
      ]);
    for (const path of ["/api/agent/jobs", "/%61pi/agent/jobs"])
      expect([path, (await fetch(`${gateway.url}${path}`)).status]).toEqual([
        path,
        404,
      ]);
    const live = await fetch(`${gateway.url}/health/live`);
    expect(live.status).toBe(200);
  });

  it("takes the certificate that a token is bound to, and tells why another doesn't count", async () => {
    expect(await judged(own.identity)).toBe(200);
    const stranger = await selfMade(Date.now());
    expect([
      await judged(),
      await judged(sibling.identity),
      await judged(stranger),
    ]).toEqual([
      [
        401,
        "This token is bound to a client certificate: present it with the connection.",
      ],
      [401, "The client certificate is of another cluster."],
      [401, "The client certificate is of no CA that is trusted here."],
    ]);
  });

  it("answers who doesn't know the code of a refused certificate as any other 401", async () => {
    const { status, challenge, body } = await poll(connect(), own);
    expect([status, challenge]).toEqual([401, "Bearer"]);
    expect(Object.keys(body).sort()).toEqual(["error", "message", "requestId"]);
    expect(body["error"]).toBe("certificate_refused");
  });

  it("lets no header stand in for a certificate that nobody was told to believe", async () => {
    const raw = new X509Certificate(own.identity.cert).raw.toString("base64");
    const answer = await fetch(
      `${gateway.url}/api/agent/jobs?cluster=${own.code}`,
      {
        headers: {
          authorization: `Bearer ${own.token}`,
          "client-cert": `:${raw}:`,
        },
      },
    );
    expect(answer.status).toBe(404);
  });

  it("refuses a certificate whose time is over by its row", async () => {
    const late = await register();
    const agent = connect(late.identity);
    expect((await poll(agent, late)).status).toBe(200);
    await gateway.look(
      "update cluster_certificates set expires_at = now() where cluster_id = $1",
      [late.id],
    );
    expect((await poll(agent, late)).status).toBe(401);
  });

  it("refuses one that was revoked with the next request of a connection that stands", async () => {
    const doomed = await register();
    const agent = connect(doomed.identity);
    const before = await poll(agent, doomed);
    const { serialNumber } = new X509Certificate(doomed.identity.cert);
    await gateway.get(AuthorityService).revoke(serialNumber);
    const after = await poll(agent, doomed);
    expect([before.status, after.status]).toEqual([200, 401]);
    expect(after.socket).toBe(before.socket);
    expect(after.body["message"]).toBe(
      "The client certificate was revoked, or not issued here.",
    );
    expect(await tenant.auditActions()).toContain("certificate.revoke");
    await expect(
      gateway.get(AuthorityService).revoke(serialNumber),
    ).rejects.toMatchObject({ code: "not_found" });
  });

  it("changes its CA in steps, there and back, while a poll waits and none is dropped", async () => {
    const authorities = gateway.get(AuthorityService);
    const agent = connect(own.identity);
    const first = await poll(agent, own);
    const waiting = poll(agent, own, 8);
    for (const step of ["init", "trust", "init", "trust", "issue"] as const) {
      await authorities.rotate(step);
      expect((await authorities.status()).step).toBe(step);
      expect(await judged(own.identity)).toBe(200);
    }
    await expect(authorities.rotate("done")).rejects.toMatchObject({
      code: "conflict",
    });
    const answer = await waiting;
    expect([answer.status, answer.closes]).toEqual([200, true]);
    expect(answer.socket).toBe(first.socket);
    const shown = await poll(agent, own);
    expect(shown.socket).not.toBe(first.socket);
    expect(shown.serverSerial).not.toBe(first.serverSerial);

    // By the new CA: what was issued before counts until the old one is distrusted, and again when that is taken back.
    const { csr, key } = await makeCertificateRequest();
    const { body } = await agent.call("POST", "/api/agent/credentials/rotate", {
      token: own.token,
      body: { csr },
    });
    const next = {
      ...own,
      token: String(body["token"]),
      identity: { cert: String(body["certificate"]), key },
    };
    await authorities.rotate("distrust");
    expect(await judged(own.identity)).toEqual([
      401,
      "The client certificate is of no CA that is trusted here.",
    ]);
    await authorities.rotate("issue");
    expect(await judged(own.identity)).toBe(200);
    await authorities.rotate("distrust");
    await authorities.rotate("done");
    expect((await authorities.status()).authorities).toHaveLength(2);
    expect((await poll(connect(next.identity), next)).status).toBe(200);
    expect(await tenant.auditActions()).toEqual(
      expect.arrayContaining(["ca.rotate_init", "ca.rotate_done"]),
    );
  });

  it("issues for 90 days at most, by a CA whose root's key may be elsewhere", async () => {
    const { validFromDate, validToDate } = new X509Certificate(
      sibling.identity.cert,
    );
    const life = validToDate.getTime() - validFromDate.getTime();
    expect(life).toBeLessThanOrEqual(90 * DAY_MS);
    const authorities = gateway.get(AuthorityService);
    let rootKey = "";
    await authorities.exportRoot((pem) => {
      rootKey = pem;
      return Promise.resolve();
    });
    await expect(authorities.rotate("init")).rejects.toThrow("was exported to");
    const other = await makeRoot("vworkspace", Date.now());
    await expect(authorities.rotate("init", other.keyPem)).rejects.toThrow(
      "not the one of the root",
    );
    await authorities.rotate("init", rootKey);
    await authorities.rotate("none");
    expect((await register()).identity.cert).toContain("BEGIN CERTIFICATE");
  });
});
