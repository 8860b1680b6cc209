import {
  AGENT_MEDIA_TYPE,
  type DpopClaims,
  makeDpopProof,
  publicDpopKey,
} from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import { X509Certificate } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { AuthorityBook } from "../../apps/gateway/src/trust/certificates/authority-book";
import { AuthorityService } from "../../apps/gateway/src/trust/certificates/authority.service";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import {
  makeIntermediate,
  makeRoot,
} from "../../apps/gateway/src/trust/certificates/domain/authority";
import { keyOfRequest } from "../../apps/gateway/src/trust/certificates/domain/client-request";
import {
  certificateThumbprint,
  issueForCluster,
} from "../../apps/gateway/src/trust/certificates/domain/leaf";
import { TestTenant } from "../db/test-tenant";
import { ROUTE_BODIES } from "./agent-bodies";
import {
  type CertifiedCluster,
  registerWithCertificate,
} from "./certified-cluster";
import {
  type ListedGateway,
  type Route,
  startListedGateway,
  startListedReplica,
} from "./listed-gateway";
import { refusalIn } from "./refusal";
import { guardOf } from "./route-guards";
import { makeCertificateRequest } from "../../apps/agent/src/control-plane/certificate-request";
import { type ClientIdentity, TlsAgent } from "./tls-agent";

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;

/** A cluster whose token is bound to a key. */
interface Bound {
  readonly id: string;
  readonly code: string;
  readonly token: string;
  readonly jwk: JWK;
}

interface Credential {
  readonly scheme: string;
  readonly token: string;
  readonly proof?: string | undefined;
}

type ProofCell = (route: Route) => Promise<Credential>;

/** Of a job that isn't there: in a proof and in its request. */
const JOB_ID = newId();

let cells = 0;

function clusterRoutes({ routes }: ListedGateway): readonly Route[] {
  return routes.filter((route) => guardOf(route) === "cluster");
}

function pathOf({ method, path }: Route, code: string): string {
  const filled = path.replace(":id", newId());
  return method === "GET" ? `${filled}?cluster=${code}&wait=0` : filled;
}

function refused(
  routes: readonly Route[],
  error = "unauthenticated",
): readonly string[] {
  return routes.map(({ method, path }) => `${method} ${path} 401 ${error}`);
}

describe("Every route of the agent API, with a token that is bound to a key", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let own: Bound;
  let sibling: Bound;
  let nonce: string;

  beforeAll(async () => {
    gateway = await startListedGateway();
    tenant = await TestTenant.make(gateway);
    own = await register();
    sibling = await register();
  });

  afterAll(async () => {
    process.stdout.write(`matrix of proofs: ${cells} cells so far\n`);
    await gateway?.stop();
  });

  async function newKey(): Promise<JWK> {
    const pair = await generateKeyPair("ES256", { extractable: true });
    return exportJWK(pair.privateKey);
  }

  async function register(): Promise<Bound> {
    const { id, code } = await tenant.addCluster();
    const jwk = await newKey();
    const registrationToken = await tenant.registrationToken(id);
    const route = { method: "POST", path: "/api/agent/register" };
    const body = { dpopKey: publicDpopKey(jwk) };
    const ask = async (changes: Partial<DpopClaims>) =>
      send(route, {
        scheme: "Bearer",
        token: registrationToken,
        proof: await proofOf(route, {
          jwk,
          accessToken: undefined,
          ...changes,
        }),
        body,
      });
    nonce = (await ask({ nonce: undefined })).nonce;
    const { text } = await ask({ nonce });
    const { token } = JSON.parse(text) as { token: string };
    return { id, code, token, jwk };
  }

  function proofOf(
    { method, path }: Route,
    { jwk = own.jwk, ...changes }: Partial<DpopClaims> & { jwk?: JWK } = {},
  ): Promise<string> {
    return makeDpopProof(
      {
        method,
        url: `${gateway.url}${path.replace(":id", JOB_ID)}`,
        jti: newId(),
        issuedAt: Math.floor(Date.now() / 1000),
        nonce,
        accessToken: own?.token,
        ...changes,
      },
      jwk,
    );
  }

  async function send(
    { method, path }: Route,
    { scheme, token, proof, body }: Credential & { body?: object },
    origin = gateway.url,
  ) {
    const target = path.replace(":id", JOB_ID);
    const query = method === "GET" ? `?cluster=${own?.code}&wait=0` : "";
    const sent = body ?? ROUTE_BODIES[path];
    const response = await fetch(`${origin}${target}${query}`, {
      method,
      headers: {
        accept: AGENT_MEDIA_TYPE,
        "content-type": AGENT_MEDIA_TYPE,
        authorization: `${scheme} ${token}`,
        ...(proof !== undefined && { dpop: proof }),
      },
      ...(method === "POST" && sent && { body: JSON.stringify(sent) }),
    });
    cells += 1;
    nonce = response.headers.get("dpop-nonce") ?? nonce;
    const text = await response.text();
    const { error } = refusalIn(text);
    return { status: response.status, error, nonce, text };
  }

  const proven =
    (
      changes: Partial<DpopClaims> & { jwk?: JWK },
      scheme = "DPoP",
    ): ProofCell =>
    async (route) => ({
      scheme,
      token: own.token,
      proof: await proofOf(route, changes),
    });

  const REFUSED: Readonly<Record<string, ProofCell>> = {
    "no proof": () => Promise.resolve({ scheme: "DPoP", token: own.token }),
    "no proof, as a bearer": () =>
      Promise.resolve({ scheme: "Bearer", token: own.token }),
    "its proof, as a bearer": proven({}, "Bearer"),
    "a proof of another key": async (route) => ({
      scheme: "DPoP",
      token: own.token,
      proof: await proofOf(route, { jwk: await newKey() }),
    }),
    "a proof for another method": proven({ method: "PUT" }),
    "a proof for another path": (route) =>
      proven({ url: `${gateway.url}/api/agent/elsewhere` })(route),
    "a proof for another host": (route) =>
      proven({ url: `https://elsewhere.example.com${route.path}` })(route),
    "a proof for another token": (route) =>
      proven({ accessToken: sibling.token })(route),
    "a proof for no token": proven({ accessToken: undefined }),
    "a proof without a nonce": proven({ nonce: undefined }),
    "a proof with a nonce of somebody else": proven({ nonce: "made-up" }),
    "no proof but a word": () =>
      Promise.resolve({ scheme: "DPoP", token: own.token, proof: "nonsense" }),
    "a sibling's token with the own proof": async (route) => ({
      scheme: "DPoP",
      token: sibling.token,
      proof: await proofOf(route, { accessToken: sibling.token }),
    }),
  };

  it("takes a fresh proof for each request", async () => {
    for (const route of clusterRoutes(gateway)) {
      if (route.path.endsWith("/rotate")) continue;
      const { status } = await send(route, await proven({})(route));
      expect([401, 403, 500]).not.toContain(status);
    }
  });

  it.each(Object.entries(REFUSED))("refuses %s", async (_, cell) => {
    const routes = clusterRoutes(gateway);
    const answers: string[] = [];
    for (const route of routes) {
      const { status, error } = await send(route, await cell(route));
      answers.push(`${route.method} ${route.path} ${status} ${error}`);
    }
    expect(answers).toEqual(refused(routes));
  });

  it("refuses a proof alone where the mode asks for a certificate, but for the way to the next one", async () => {
    const before = own;
    own = await register();
    await gateway.look(
      "update clusters set token_mode = 'mtls' where id = $1",
      [own.id],
    );
    const routes = clusterRoutes(gateway).filter(
      ({ path }) => !path.endsWith("/rotate"),
    );
    const answers: string[] = [];
    for (const route of routes) {
      const { status, error } = await send(route, await proven({})(route));
      answers.push(`${route.method} ${route.path} ${status} ${error}`);
    }
    own = before;
    expect(answers).toEqual(refused(routes));
  });

  it("takes no proof at another replica that one has taken", async () => {
    const replica = await startListedReplica(gateway);
    try {
      for (const route of clusterRoutes(gateway)) {
        if (route.path.endsWith("/rotate")) continue;
        const credential = await proven({})(route);
        const first = await send(route, credential);
        const again = await send(route, credential, replica.url);
        expect(first.status).not.toBe(401);
        expect([route.path, again.status]).toEqual([route.path, 401]);
        const fresh = await send(route, await proven({})(route), replica.url);
        expect([401, 403, 500]).not.toContain(fresh.status);
      }
    } finally {
      await replica.stop();
    }
  });

  it("takes no proof twice", async () => {
    for (const route of clusterRoutes(gateway)) {
      if (route.path.endsWith("/rotate")) continue;
      const credential = await proven({})(route);
      const first = await send(route, credential);
      const again = await send(route, credential);
      expect(first.status).not.toBe(401);
      expect([route.path, again.status]).toEqual([route.path, 401]);
    }
  });
});

describe("Every route of the agent API, with a token that is bound to a certificate", () => {
  let gateway: ListedGateway;
  let tenant: TestTenant;
  let bundle: string;
  let own: CertifiedCluster;
  const open: TlsAgent[] = [];

  beforeAll(async () => {
    gateway = await startListedGateway({
      VWORKSPACE_AGENT_ADDR: "127.0.0.1:0",
    });
    tenant = await TestTenant.make(gateway);
    bundle = (await gateway.get(CertificateService).caBundle()) ?? "";
    own = await register();
  });

  afterAll(async () => {
    process.stdout.write(`matrix of proofs and certificates: ${cells} cells\n`);
    for (const agent of open) agent.close();
    await gateway?.stop();
  });

  function connect(identity?: ClientIdentity): TlsAgent {
    const agent = new TlsAgent(gateway.agentPort ?? 0, bundle, identity);
    open.push(agent);
    return agent;
  }

  const register = () => registerWithCertificate(gateway, tenant, connect());

  async function selfMade(now: number): Promise<ClientIdentity> {
    const root = await makeRoot("vworkspace", now);
    const authority = await makeIntermediate(root, "vworkspace", now);
    const { csr, key } = await makeCertificateRequest();
    const leaf = await issueForCluster(authority, await keyOfRequest(csr), {
      domain: "vworkspace",
      clusterId: own.id,
      now,
    });
    return { cert: `${leaf.certificatePem}${authority.certificatePem}`, key };
  }

  async function statuses(
    { code, token }: CertifiedCluster,
    identity?: ClientIdentity,
  ): Promise<readonly string[]> {
    const agent = connect(identity);
    const answers: string[] = [];
    for (const route of clusterRoutes(gateway)) {
      const body = ROUTE_BODIES[route.path];
      const { status, body: said } = await agent.call(
        route.method,
        pathOf(route, code),
        { token, ...(body && { body }) },
      );
      cells += 1;
      const error = status < 400 ? "" : ` ${String(said["error"])}`;
      answers.push(`${route.method} ${route.path} ${status}${error}`);
    }
    return answers;
  }

  const allRefused = () =>
    refused(clusterRoutes(gateway), "certificate_refused");

  it("takes the certificate of the cluster", async () => {
    const fresh = await register();
    const answers = await statuses(fresh, fresh.identity);
    expect(answers.filter((answer) => / (401|403|500)\b/.test(answer))).toEqual(
      [],
    );
  });

  it("refuses no certificate, another cluster's, and one of another CA, of now or of long ago", async () => {
    const other = await register();
    for (const identity of [
      undefined,
      other.identity,
      await selfMade(Date.now()),
      await selfMade(Date.now() - 400 * DAY_MS),
    ])
      expect(await statuses(own, identity)).toEqual(allRefused());
  });

  it("refuses another certificate of the same cluster than the one that the token is bound to", async () => {
    const bound = await register();
    const { csr, key } = await makeCertificateRequest();
    const { body } = await connect(bound.identity).call(
      "POST",
      "/api/agent/credentials/rotate",
      { token: bound.token, body: { csr } },
    );
    const next = { cert: String(body["certificate"]), key };
    expect(await statuses(bound, next)).toEqual(allRefused());
  });

  it("refuses a token that is bound to a certificate where the mode asks for a proof", async () => {
    const bound = await register();
    await gateway.look(
      "update clusters set token_mode = 'dpop' where id = $1",
      [bound.id],
    );
    expect(await statuses(bound, bound.identity)).toEqual(
      refused(clusterRoutes(gateway)),
    );
  });

  it.each([
    ["has ended by itself", -91 * DAY_MS],
    ["has yet to begin", DAY_MS],
  ])("refuses a certificate of its own CA that %s", async (_, later) => {
    const bound = await bindTo(Date.now() + later);
    expect(await statuses(bound, bound.identity)).toEqual(allRefused());
    const now = await bindTo(Date.now());
    const answers = await statuses(now, now.identity);
    expect(answers.filter((answer) => / 401 /.test(answer))).toEqual([]);
  });

  it("refuses the listener's own certificate as an agent's", async () => {
    const bound = await register();
    const { chainPem: cert, keyPem: key } = await gateway
      .get(CertificateService)
      .signServerCertificate(["localhost"]);
    await rebind(bound.id, new X509Certificate(cert));
    expect(await statuses(bound, { cert, key })).toEqual(allRefused());
  });

  /** A cluster whose token is bound to what the gateway's own CA would have signed at a time, as if it had done so. */
  async function bindTo(now: number): Promise<CertifiedCluster> {
    const bound = await register();
    const { csr, key } = await makeCertificateRequest();
    const issuer = (await gateway.get(AuthorityBook).get()).issuer();
    const leaf = await issueForCluster(issuer, await keyOfRequest(csr), {
      domain: "vworkspace",
      clusterId: bound.id,
      now,
    });
    const cert = leaf.certificatePem;
    await rebind(bound.id, new X509Certificate(cert));
    return { ...bound, identity: { cert, key } };
  }

  /** So that nothing but what the certificate itself says can refuse it. */
  async function rebind(
    clusterId: string,
    certificate: X509Certificate,
  ): Promise<void> {
    const thumbprint = certificateThumbprint(certificate.raw);
    const serial = certificate.serialNumber.toLowerCase();
    const { id: issuer } = (await gateway.get(AuthorityBook).get()).issuer();
    await gateway.look(
      `insert into cluster_certificates (organization_id, issuer, serial, cluster_id, thumbprint, expires_at)
       values ($1, $2, $3, $4, $5, now() + interval '1 day')`,
      [tenant.organizationId, issuer, serial, clusterId, thumbprint],
    );
    await gateway.look(
      `update cluster_credentials set confirmation = jsonb_build_object('x5t#S256', $2::text) where cluster_id = $1`,
      [clusterId, thumbprint],
    );
  }

  it("refuses a certificate that was revoked, or that has ended", async () => {
    const revoked = await register();
    const { serialNumber } = new X509Certificate(revoked.identity.cert);
    await gateway.get(AuthorityService).revoke(serialNumber);
    expect(await statuses(revoked, revoked.identity)).toEqual(allRefused());
    const ended = await register();
    await gateway.look(
      "update cluster_certificates set expires_at = now() where cluster_id = $1",
      [ended.id],
    );
    expect(await statuses(ended, ended.identity)).toEqual(allRefused());
  });
});
