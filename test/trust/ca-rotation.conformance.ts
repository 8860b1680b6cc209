import { X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { makeCertificateRequest } from "../../apps/agent/src/control-plane/certificate-request";
import { ClusterService } from "../../apps/gateway/src/fleet/clusters/cluster.service";
import { AuthorityService } from "../../apps/gateway/src/trust/certificates/authority.service";
import { CertificateService } from "../../apps/gateway/src/trust/certificates/certificate.service";
import type { RotationMove } from "../../apps/gateway/src/trust/certificates/domain/rotation.decide";
import { eventually } from "../cluster/eventually";
import { TestTenant } from "../db/test-tenant";
import {
  type ListedGateway,
  startListedGateway,
  startListedReplica,
} from "./listed-gateway";
import { type ClientIdentity, TlsAgent } from "./tls-agent";

jest.setTimeout(120_000);

/** What takes a second may take so long on a busy machine; beyond it hangs. */
const HANGS_MS = 10_000;

/** A cluster whose token is bound to a certificate. */
interface Holder {
  readonly code: string;
  readonly token: string;
  readonly identity: ClientIdentity;
  /** A connection to the second replica that is kept. */
  readonly standing: TlsAgent;
}

/** What a replica makes of a holder: over the connection that stands, and over another one. */
type Verdicts = readonly [standing: number, fresh: number];

/** What is seen of a replica from outside. */
interface Seen {
  /** Which CA signed what its listener shows. */
  readonly shows: "old" | "next";
  /** Which CA it signs by for agents. */
  readonly issues: "old" | "next";
  readonly old: Verdicts;
  /** Undefined while nobody holds a certificate of the next CA. */
  readonly next: Verdicts | undefined;
}

const YES: Verdicts = [200, 200];
const NO: Verdicts = [401, 401];
const BY_OLD = { shows: "old", issues: "old", old: YES } as const;
const BY_NEXT = { shows: "next", issues: "next" } as const;

describe("A step of the CA's rotation that is taken at one replica", () => {
  let first: ListedGateway;
  let second: ListedGateway;
  let tenant: TestTenant;
  let bundle: string;
  let oldIssuer: string;
  let old: Holder;
  let next: Holder | undefined;
  /** Bound to nothing, so that it can ask for a certificate at any step. */
  let asker: string;
  const open: TlsAgent[] = [];

  beforeAll(async () => {
    const settings = { VWORKSPACE_AGENT_ADDR: "127.0.0.1:0" };
    first = await startListedGateway(settings);
    second = await startListedReplica(first, settings);
    tenant = await TestTenant.make(first);
    bundle = (await first.get(CertificateService).caBundle()) ?? "";
    old = await register(first);
    oldIssuer = issuerOf(old.identity.cert);
    asker = (await tenant.cluster()).token;
  });

  afterAll(async () => {
    for (const agent of open) agent.close();
    await second?.stop();
    await first?.stop();
  });

  function connect(replica: ListedGateway, identity?: ClientIdentity) {
    const agent = new TlsAgent(replica.agentPort ?? 0, bundle, identity);
    open.push(agent);
    return agent;
  }

  async function register(replica: ListedGateway): Promise<Holder> {
    const { id, code } = await tenant.addCluster();
    const { csr, key } = await makeCertificateRequest();
    const { body } = await connect(replica).call(
      "POST",
      "/api/agent/register",
      { token: await tenant.registrationToken(id), body: { csr } },
    );
    await tenant.in((stores) =>
      first.get(ClusterService).setTokenMode(stores, tenant.actor, id, "mtls"),
    );
    const identity = { cert: String(body["certificate"]), key };
    const standing = connect(second, identity);
    return { code, token: String(body["token"]), identity, standing };
  }

  async function verdicts(holder: Holder): Promise<Verdicts> {
    const { code, token, identity, standing } = holder;
    const path = `/api/agent/jobs?cluster=${code}&wait=0`;
    const fresh = connect(second, identity);
    const kept = await standing.call("GET", path, { token });
    const other = await fresh.call("GET", path, { token });
    fresh.close();
    return [kept.status, other.status];
  }

  /** As the second replica is now. A successor that nobody uses is replaced by the next one that is asked for. */
  async function look(): Promise<Seen> {
    const agent = connect(second);
    const { csr } = await makeCertificateRequest();
    const { serverIssuer, body } = await agent.call(
      "POST",
      "/api/agent/credentials/rotate",
      { token: asker, body: { csr } },
    );
    agent.close();
    return {
      shows: nameOf(serverIssuer),
      issues: nameOf(issuerOf(String(body["certificate"]))),
      old: await verdicts(old),
      next: next && (await verdicts(next)),
    };
  }

  const nameOf = (issuer: string) => (issuer === oldIssuer ? "old" : "next");

  /** Takes the step at the first replica, and waits until the second goes by it. */
  async function take(step: RotationMove, wanted: Seen): Promise<void> {
    const before = await look();
    await first.get(AuthorityService).rotate(step);
    const taken = performance.now();
    let seen = before;
    await eventually(
      `${step} counts`,
      async () => isDeepStrictEqual((seen = await look()), wanted),
      HANGS_MS,
    ).catch(() => undefined);
    expect({ step, ...seen }).toEqual({ step, ...wanted });
    const late = Math.round(performance.now() - taken);
    const isChange = !isDeepStrictEqual(before, wanted);
    process.stdout.write(
      `CA rotation, ${step} at one replica: ${isChange ? `counts at the other after ${late} ms` : "nothing to be seen"}\n`,
    );
  }

  it("counts at the other one, ahead and back, for certificates of both CAs", async () => {
    await take("init", { ...BY_OLD, next: undefined });
    await take("trust", { ...BY_OLD, next: undefined });
    await take("issue", { ...BY_NEXT, old: YES, next: undefined });
    next = await register(second);
    expect(nameOf(issuerOf(next.identity.cert))).toBe("next");
    await take("trust", { ...BY_OLD, next: YES });
    await take("init", { ...BY_OLD, next: NO });
    await take("trust", { ...BY_OLD, next: YES });
    await take("issue", { ...BY_NEXT, old: YES, next: YES });
    await take("distrust", { ...BY_NEXT, old: NO, next: YES });
    await take("issue", { ...BY_NEXT, old: YES, next: YES });
    await take("distrust", { ...BY_NEXT, old: NO, next: YES });
    await take("done", { ...BY_NEXT, old: NO, next: YES });
  });

  it("is refused where the other has taken a step meanwhile that it isn't beside", async () => {
    const here = first.get(AuthorityService);
    const there = second.get(AuthorityService);
    await here.rotate("init");
    await there.rotate("trust");
    await expect(here.rotate("init")).resolves.toBeUndefined();
    await expect(there.rotate("issue")).rejects.toMatchObject({
      code: "conflict",
    });
    await there.rotate("none");
    expect((await here.status()).step).toBe("none");
  });
});

/** Common name of who issued the first certificate of a chain. */
function issuerOf(chain: string): string {
  const { issuer } = new X509Certificate(chain);
  return /^CN=(.*)$/m.exec(issuer)?.[1] ?? "";
}
